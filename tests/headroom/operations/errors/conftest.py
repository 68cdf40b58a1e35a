"""Each test begins with nothing counted, and leaves nothing."""

from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from django_headroom.operations.errors import counting
from tests.headroom.operations.errors.bakery import opened


@pytest.fixture(autouse=True)
def _nothing_waits() -> Iterator[None]:
    counting._begin_anew()
    yield
    counting._begin_anew()


@pytest.fixture
def bakery(tmp_path: Path) -> ModuleType:
    return opened(tmp_path)
