"""The settings are one dict; what is misspelt, or would let ids clash, is refused by name."""

from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import override_settings

from django_headroom.conf import Headroom, headroom


def test_every_setting_has_a_default() -> None:
    with override_settings(HEADROOM={}):
        assert headroom() == Headroom()


def test_what_is_written_is_read_and_a_change_in_a_test_is_seen() -> None:
    assert headroom().partitions == ("p1", "p2")
    with override_settings(HEADROOM={"DELAYED_TRIES": 3}):
        assert headroom().delayed_tries == 3
    assert headroom().delayed_tries == 36


def test_a_misspelt_setting_is_refused_by_name() -> None:
    with (
        override_settings(HEADROOM={"REPLICA_LAG": 5}),
        pytest.raises(ImproperlyConfigured, match=r"no setting 'REPLICA_LAG'; it has .*REPLICA_LAG_BYTES"),
    ):
        headroom()


@pytest.mark.parametrize(
    ("slots", "reason"),
    [
        ({"p1": 1, "p2": 1}, "one slot twice"),
        ({"p1": 0}, "from 1 to 1023"),
        ({"p1": 1, "p2": 1024}, "from 1 to 1023"),
    ],
)
def test_slots_that_would_clash_are_refused(slots: dict[str, int], reason: str) -> None:
    with override_settings(HEADROOM={"SLOTS": slots}), pytest.raises(ImproperlyConfigured, match=reason):
        headroom()


def test_partitions_stand_in_the_order_of_their_slots(settings: Any) -> None:
    settings.HEADROOM = {"SLOTS": {"b": 7, "a": 9, "c": 2}}
    assert headroom().partitions == ("c", "b", "a")
