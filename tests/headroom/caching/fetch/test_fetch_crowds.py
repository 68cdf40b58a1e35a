"""Two hundred readers in four processes come at once: how often is the value made, and what do they read?"""

from collections.abc import Callable
from typing import Any

import pytest

from django_headroom.caching import Fetched, Made, Store, fetch, fill, mark_stale
from django_headroom.caching.memcached import Pool
from tests.headroom.caching.fetch.crowds import PROCESSES, TIMES, Doomed, Maker, crowd, killed
from tests.headroom.caching.nodes import Memcached


def reading(store: Store, make: Callable[[], Made], **more: object) -> Callable[[], Fetched]:
    return lambda: fetch("page", make, store=store, **TIMES, **more)  # type: ignore[arg-type]


def test_when_its_time_has_run_out_one_makes_it_and_the_others_read_the_last_one(kept: Store) -> None:
    fill("page", b"old", soft=0, hard=600, store=kept)
    make = Maker()
    found = crowd(reading(kept, make))
    assert make.count == 1
    assert all(each.is_stale == (each.value == b"old") for each in found)
    assert fetch("page", make, store=kept, **TIMES)[::2] == (b"new", False)


def test_when_it_was_marked_stale_one_makes_it_and_the_others_read_the_last_one(kept: Store) -> None:
    fill("page", b"old", version=1, store=kept, **TIMES)
    mark_stale("page", version=2, store=kept)
    make = Maker(version=2)
    found = crowd(reading(kept, make))
    assert make.count == 1
    assert all(each.is_stale == (each.version == 1) for each in found)


def test_when_readers_know_of_a_newer_version_one_makes_it(kept: Store) -> None:
    fill("page", b"old", version=1, store=kept, **TIMES)
    make = Maker(version=2)
    found = crowd(reading(kept, make, version=2))
    assert make.count == 1
    assert all(each.is_stale == (each.version == 1) for each in found)


def test_when_there_is_none_yet_one_makes_it_and_the_others_wait(kept: Store) -> None:
    make = Maker()
    found = crowd(reading(kept, make))
    assert make.count == 1
    assert {each[::2] for each in found} == {(b"new", False)}


def test_who_takes_no_stale_value_waits_for_the_one_who_makes_it(kept: Store) -> None:
    fill("page", b"old", version=1, store=kept, **TIMES)
    make = Maker(version=2)
    found = crowd(reading(kept, make, version=2, fresh=True))
    assert make.count == 1
    assert set(found) == {Fetched(b"new", 2, False)}


def test_when_the_maker_is_killed_one_more_makes_it(kept: Store, settings: Any) -> None:
    settings.HEADROOM = {**settings.HEADROOM, "FETCH_LEASE_SECONDS": 2}
    fill("page", b"old", soft=0, hard=600, store=kept)
    doomed, make = Doomed(seconds=0), Maker()
    killed(reading(kept, doomed))
    found = crowd(reading(kept, make, fresh=True))
    assert doomed.count + make.count == 2
    assert {each[::2] for each in found} == {(b"new", False)}


def test_when_the_first_maker_ever_is_killed_one_more_makes_it_before_anybody_gives_up(
    kept: Store, settings: Any
) -> None:
    settings.HEADROOM = {**settings.HEADROOM, "FETCH_WAIT_SECONDS": 4}
    doomed, make = Doomed(seconds=0), Maker()
    killed(reading(kept, doomed))
    found = crowd(reading(kept, make))
    assert doomed.count + make.count == 2
    assert {each[::2] for each in found} == {(b"new", False)}


def test_while_the_maker_hangs_the_others_read_the_last_one(kept: Store) -> None:
    fill("page", b"old", soft=0, hard=600, store=kept)
    killed(reading(kept, Doomed(seconds=0)))  # nobody knows yet that it will not come back
    make = Maker()
    found = crowd(reading(kept, make))
    assert make.count == 0
    assert {each[::2] for each in found} == {(b"old", True)}


def test_when_its_node_is_lost_each_process_makes_it_once_at_most(
    nodes: dict[str, Memcached], pool: Pool
) -> None:
    fill("page", b"old", store=pool, **TIMES)
    lost = [node for node in nodes.values() if b"items:" in node.say(b"stats items\r\n")]
    assert len(lost) == 1
    lost[0].kill()
    make = Maker()
    found = crowd(reading(pool, make))
    assert 1 <= make.count <= PROCESSES
    assert {each[::2] for each in found} == {(b"new", False)}


def test_when_all_nodes_are_lost_each_process_makes_it_once_at_most(
    nodes: dict[str, Memcached], pool: Pool
) -> None:
    for node in nodes.values():
        node.kill()
    make = Maker()
    found = crowd(reading(pool, make))
    assert 1 <= make.count <= PROCESSES
    assert {each[::2] for each in found} == {(b"new", False)}


@pytest.mark.parametrize("words", ["every other program's bytes", ""])
def test_foreign_bytes_are_as_good_as_none(kept: Store, words: str) -> None:
    kept.put("page", words.encode(), seconds=60)
    make = Maker(seconds=0)
    assert crowd(reading(kept, make))[0].value == b"new"
    assert make.count == 1
