"""A key belongs to a node by the node's name alone, and moves only when that one goes."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as some

from django_headroom.caching.memcached.addresses import Address, WrongAddress, addresses
from django_headroom.caching.memcached.hashing import Ranking

KEYS = [f"page:{number}" for number in range(20_000)]
TEN = [f"node-{number}" for number in range(10)]
names = some.lists(some.text(min_size=1, max_size=20), min_size=2, max_size=8, unique=True)
keys = some.lists(some.text(max_size=30), min_size=1, max_size=30)

# As on the page: another language must come to the same.
VECTORS = {
    "": ["c", "a", "b"],
    "page:7": ["a", "b", "c"],
    "page:8": ["a", "c", "b"],
    "thread/1/head": ["b", "c", "a"],
    "ü": ["c", "a", "b"],
}


def first(ranking: Ranking) -> dict[str, str]:
    return {key: ranking.order(key)[0] for key in KEYS}


@pytest.mark.parametrize("key", VECTORS)
def test_all_processes_and_languages_agree(key: str) -> None:
    assert Ranking({"a": 1.0, "b": 1.0, "c": 2.0}).order(key) == VECTORS[key]


@given(names, keys)
def test_without_a_node_the_others_stand_in_the_same_order(names: list[str], keys: list[str]) -> None:
    gone = names[0]
    before, after = (Ranking(dict.fromkeys(each, 1.0)) for each in (names, names[1:]))
    for key in keys:
        assert after.order(key) == [name for name in before.order(key) if name != gone]


@given(names, keys)
def test_a_node_that_is_added_again_has_its_keys_again(names: list[str], keys: list[str]) -> None:
    before, again = (Ranking(dict.fromkeys(each, 1.0)) for each in (names, reversed(names)))
    assert [before.order(key) for key in keys] == [again.order(key) for key in keys]


@pytest.mark.parametrize("count", [4, 10, 25])
def test_no_more_keys_move_than_the_lost_node_had(count: int) -> None:
    all_names = [f"node-{number}" for number in range(count)]
    before, after = (first(Ranking(dict.fromkeys(each, 1.0))) for each in (all_names, all_names[1:]))
    moved = [key for key in KEYS if before[key] != after[key]]
    assert {before[key] for key in moved} == {"node-0"}
    assert len(moved) <= 1.1 * len(KEYS) / count


def test_ten_nodes_have_about_as_much_each() -> None:
    shares = Counter(first(Ranking(dict.fromkeys(TEN, 1.0))).values())
    assert max(shares.values()) <= 1.1 * len(KEYS) / len(TEN)


def test_a_lost_nodes_keys_are_spread_over_all_others() -> None:
    ranking = Ranking(dict.fromkeys(TEN, 1.0))
    seconds = Counter(ranking.order(key)[1] for key in KEYS if ranking.order(key)[0] == TEN[0])
    assert set(seconds) == set(TEN[1:])
    assert max(seconds.values()) <= 1.3 * sum(seconds.values()) / len(seconds)


def test_a_node_has_keys_by_its_weight() -> None:
    shares = Counter(first(Ranking({"a": 1.0, "b": 1.0, "c": 2.0})).values())
    assert shares["c"] == pytest.approx(len(KEYS) / 2, rel=0.05)
    assert shares["a"] == pytest.approx(len(KEYS) / 4, rel=0.05)


def test_a_heavier_node_takes_keys_and_the_others_exchange_none() -> None:
    before, after = (first(Ranking({"a": 1.0, "b": 1.0, "c": weight})) for weight in (1.0, 2.0))
    assert {after[key] for key in KEYS if before[key] != after[key]} == {"c"}


def test_order_and_doubles_of_the_list_do_not_matter() -> None:
    assert addresses(["b=h:1", "a=h:2", "b=h:1"]) == addresses([" a=h:2 ", "b=h:1*1"])


def test_a_node_is_its_name_wherever_it_stands() -> None:
    before, after = (addresses(["a=10.0.0.1", f"b={place}"]) for place in ("10.0.0.2", "10.0.0.3:9"))
    assert [address.name for address in before] == [address.name for address in after]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("10.0.0.5", Address("10.0.0.5:11211", "10.0.0.5:11211")),
        ("cache.internal:1", Address("cache.internal:1", "cache.internal:1")),
        ("a=10.0.0.5:1*2.5", Address("a", "10.0.0.5:1", 2.5)),
        ("[::1]:1", Address("[::1]:1", "[::1]:1")),
        ("a=[fd00::1]", Address("a", "[fd00::1]:11211")),
        ("/run/memcached.sock", Address("/run/memcached.sock", "/run/memcached.sock")),
        ("a=/run/m.sock*3", Address("a", "/run/m.sock", 3.0)),
    ],
)
def test_a_node_is_written_in_one_line(written: str, read: Address) -> None:
    assert addresses([written]) == (read,)


@pytest.mark.parametrize(
    "written",
    ["", ":1", "h:x", "h:0", "h:70000", "=h:1", "a=", "h:1*0", "h:1*-1", "h:1*x", "h:1*inf", "h h:1"],
)
def test_what_leads_nowhere_is_refused_with_what_to_write(written: str) -> None:
    with pytest.raises(WrongAddress, match="write HOST:PORT or /path"):
        addresses([written])


def test_two_nodes_of_one_name_are_refused() -> None:
    with pytest.raises(WrongAddress, match="'a' is the name of two nodes"):
        addresses(["a=h:1", "a=h:2"])
