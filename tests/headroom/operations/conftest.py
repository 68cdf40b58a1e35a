"""Each test declares its own switches, and knows nothing of what another has turned."""

from collections.abc import Iterator

import pytest

from django_headroom.operations.switches import declaring, guarding, knowing
from django_headroom.operations.switches.listening import rest


@pytest.fixture(autouse=True)
def _own_switches(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(declaring, "_declared", {})
    knowing.forget()
    yield
    rest()
    guarding.forget()
    knowing.forget()
