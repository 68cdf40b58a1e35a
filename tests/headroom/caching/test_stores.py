"""What every store does, the pool and the embedded one alike."""

from typing import Any

import pytest

from django_headroom.caching import ABSENT, Store
from tests.headroom.caching.nodes import until

ODD_KEYS = ["", " ", "two words", "ü", "line\r\nbreak", "#x", "k" * 300, "null\0", "\udc80", "page:7"]
ODD_VALUES = [b"", b"\r\n", b"END\r\n", b"\0" * 70_000, bytes(range(256))]


@pytest.fixture(params=["pool", "embedded"])
def store(request: Any) -> Any:
    return request.getfixturevalue(request.param)


def test_what_is_put_is_got_until_its_time_is_over(store: Store) -> None:
    assert store.get("page") is None
    assert store.put("page", b"one", seconds=60)
    held = store.get("page")
    assert held is not None
    assert held.value == b"one"
    store.put("page", b"two", seconds=1)
    until(lambda: store.get("page") is None)


@pytest.mark.parametrize("seconds", [0, -1])
def test_what_is_over_at_once_is_not_held(store: Store, seconds: float) -> None:
    store.put("page", b"one", seconds=60)
    assert not store.put("page", b"two", seconds=seconds)
    assert store.get("page") is None


def test_a_long_time_is_a_time(store: Store) -> None:
    assert store.put("page", b"one", seconds=400 * 86_400)
    assert store.get("page") is not None


def test_a_value_goes_where_nothing_is(store: Store) -> None:
    assert store.put("page", b"one", seconds=60, token=ABSENT)
    assert not store.put("page", b"two", seconds=60, token=ABSENT)
    assert store.get("page").value == b"one"  # type: ignore[union-attr]


def test_a_value_goes_where_one_is_over(store: Store) -> None:
    store.put("page", b"one", seconds=1)
    until(lambda: store.put("page", b"two", seconds=60, token=ABSENT))
    assert store.get("page").value == b"two"  # type: ignore[union-attr]


def test_of_two_who_change_what_they_got_the_first_one_does(store: Store) -> None:
    store.put("page", b"one", seconds=60)
    held = store.get("page")
    assert held is not None
    assert held.token != ABSENT
    assert store.put("page", b"two", seconds=60, token=held.token)
    assert not store.put("page", b"three", seconds=60, token=held.token)
    assert store.get("page").value == b"two"  # type: ignore[union-attr]


def test_what_was_put_anew_has_changed_even_if_it_is_the_same(store: Store) -> None:
    store.put("page", b"one", seconds=60)
    held = store.get("page")
    assert held is not None
    store.drop("page")
    assert not store.put("page", b"two", seconds=60, token=held.token)
    store.put("page", b"one", seconds=60)
    assert not store.put("page", b"two", seconds=60, token=held.token)


def test_what_is_dropped_is_gone_and_may_be_dropped_again(store: Store) -> None:
    store.put("page", b"one", seconds=60)
    for _ in range(2):
        store.drop("page")
        assert store.get("page") is None


def test_many_are_put_and_got_at_once(store: Store) -> None:
    values = {f"page:{number}": b"%d" % number for number in range(1_200)}
    store.put_many(values, seconds=60)
    found = store.get_many([*values, "page:none", "page:1"])
    assert {key: held.value for key, held in found.items()} == values
    assert store.get_many([]) == {}
    store.put_many({}, seconds=60)


@pytest.mark.parametrize("key", ODD_KEYS)
def test_any_text_is_a_key(store: Store, key: str) -> None:
    store.put_many({other: b"other" for other in ODD_KEYS if other != key}, seconds=60)
    assert store.put(key, b"this", seconds=60)
    assert store.get_many([key])[key].value == b"this"
    assert all(held.value == b"other" for other, held in store.get_many(ODD_KEYS).items() if other != key)


@pytest.mark.parametrize("value", ODD_VALUES)
def test_any_bytes_are_a_value(store: Store, value: bytes) -> None:
    assert store.put("page", value, seconds=60)
    assert store.get("page").value == value  # type: ignore[union-attr]


def test_what_is_too_large_is_a_miss_and_nothing_older_is_served_instead(store: Any) -> None:
    store.put_many({"page": b"one", "list": b"one"}, seconds=60)
    assert not store.put("page", b"x" * 1_000_001, seconds=60)
    store.put_many({"list": b"x" * 1_000_001, "other": b"two"}, seconds=60)
    assert set(store.get_many(["page", "list", "other"])) == {"other"}
    assert store.tally.all() == {"too_large": 2}
    assert store.put("page", b"x" * 1_000_000, seconds=60)
    assert len(store.get("page").value) == 1_000_000


def test_what_is_too_large_to_take_the_place_of_what_was_got_leaves_it_there(store: Store) -> None:
    store.put("page", b"one", seconds=60)
    held = store.get("page")
    assert held is not None
    assert not store.put("page", b"x" * 1_000_001, seconds=60, token=held.token)
    assert store.get("page") == held


def test_of_many_each_goes_where_its_token_says(store: Store) -> None:
    for key in ("held", "changed", "gone"):
        store.put(key, b"one", seconds=60)
    tokens = {key: found.token for key, found in store.get_many(["held", "changed", "gone"]).items()}
    store.put("changed", b"two", seconds=60)
    store.drop("gone")
    tokens |= {"absent": ABSENT, "there": ABSENT}
    store.put("there", b"one", seconds=60)
    store.put("any", b"one", seconds=60)
    names = ["held", "changed", "gone", "absent", "there", "any"]
    store.put_many(dict.fromkeys(names, b"three"), seconds=60, tokens=tokens)
    found = {key: held.value for key, held in store.get_many(names).items()}
    assert found == {
        "held": b"three",
        "changed": b"two",
        "absent": b"three",
        "there": b"one",
        "any": b"three",
    }
