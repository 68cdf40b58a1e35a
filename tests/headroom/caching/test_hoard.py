"""A hoard stays within its room and keeps what is asked for, whoever else walks past."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from django_headroom.caching.hoard import Hoard

HOT, PAGE, ROOM = 2_000, 5_000, 4_000 * 5_000


def read(hoard: "Hoard[int, int]", key: int) -> bool:
    """One reader: whether the page was there; it is made and kept if not."""
    if hoard.get(key) is not None:
        return True
    hoard.put(key, key, PAGE)
    return False


def hits_in(hoard: "Hoard[int, int]", reads: int, drawn: random.Random, crawler: list[int]) -> float:
    """The share of hits among readers of hot pages, who come by Zipf's law; to each five cold pages are crawled."""
    weights = [1 / (rank + 1) for rank in range(HOT)]
    found = 0
    for key in drawn.choices(range(HOT), weights, k=reads):
        found += read(hoard, key)
        for _ in range(5):
            if crawler:
                read(hoard, crawler.pop())
    return found / reads


def test_a_crawler_over_100_000_cold_pages_costs_the_hot_ones_at_most_two_points() -> None:
    drawn, hoard = random.Random(17), Hoard[int, int](ROOM)
    hits_in(hoard, 40_000, drawn, [])
    alone = hits_in(hoard, 20_000, drawn, [])
    crawled = hits_in(hoard, 20_000, drawn, list(range(1_000_000, 1_100_000)))
    assert crawled > alone - 0.02
    assert hoard.held <= ROOM


def test_a_crawler_that_comes_back_costs_as_little() -> None:
    drawn, hoard = random.Random(18), Hoard[int, int](ROOM)
    hits_in(hoard, 40_000, drawn, [])
    alone = hits_in(hoard, 20_000, drawn, [])
    for _ in range(2):
        crawled = hits_in(hoard, 20_000, drawn, list(range(1_000_000, 1_100_000)))
        assert crawled > alone - 0.02


def test_what_is_hot_today_takes_the_place_of_what_was_yesterday() -> None:
    hoard = Hoard[int, int](100 * PAGE)
    for _ in range(5):
        for key in range(80):
            read(hoard, key)
    for _ in range(5):
        found = sum(read(hoard, key) for key in range(1_000, 1_080))
    assert found == 80


def test_what_is_put_again_takes_the_place_of_the_old() -> None:
    hoard = Hoard[str, str](1_000)
    hoard.put("a", "old", 60)
    hoard.put("a", "new", 90)
    assert (hoard.get("a"), hoard.held, len(hoard)) == ("new", 90, 1)
    hoard.drop("a")
    hoard.drop("a")
    assert (hoard.get("a"), hoard.held, len(hoard)) == (None, 0, 0)


def test_what_is_too_large_is_not_kept() -> None:
    hoard = Hoard[str, str](1_000)
    hoard.put("a", "all of it", 1_001)
    assert hoard.get("a") is None
    assert hoard.held == 0


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from("gpdk"), st.integers(0, 12), st.integers(1, 150)), max_size=200),
)
def test_it_stays_in_its_room_and_counts_to_the_byte(acts: list[tuple[str, int, int]]) -> None:
    kept: dict[int, int] = {}
    hoard = Hoard[int, int](1_000, gone=lambda key, size: kept.pop(key) and None)
    for act, key, size in acts:
        if act == "g":
            assert hoard.get(key) == kept.get(key)
        elif act == "k":
            assert hoard.peek(key) == kept.get(key)
        elif act == "d":
            hoard.drop(key)
        else:
            if size <= 100 or key in kept:
                kept[key] = size
            hoard.put(key, size, size)
        assert hoard.held == sum(kept.values()) <= 1_000
        assert len(hoard) == len(kept)
