"""A test of pytest's that fails, after it has said something that nobody has heard."""

import pytest

from django_headroom.delayed.models import Event


@pytest.mark.django_db
def test_fail() -> None:
    event = Event.objects.using("default").create(signal="baked", schema=1, payload={"loaves": 3})
    assert event.tries == 1
