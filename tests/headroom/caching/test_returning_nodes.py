"""A node that comes back serves nothing that was changed while it was away, whoever changed it."""

from collections.abc import Callable

import pytest

from django_headroom.caching.memcached import Patience, Pool
from tests.headroom.caching.nodes import Memcached, until
from tests.headroom.caching.test_lost_nodes import of

A = of("a")
AT_EASE = Patience(
    seconds=0.5, look_seconds=5, links=4
)  # the first look after half a second, when it is awake again


def are_back(*pools: Pool) -> Callable[[], bool]:
    return lambda: not any(pool.away() for pool in pools)


def is_missed_for_long(pool: Pool) -> bool:
    return any(node.absence and node.absence.is_long for node in pool._fleet.nodes)


def value_of(pool: Pool, key: str) -> bytes | None:
    held = pool.get(key)
    return held and held.value


@pytest.fixture
def other(nodes: dict[str, Memcached], begin: Callable[..., Pool]) -> Pool:
    """Another process, as it were, which looks after lost nodes at moments of its own."""
    slow = Patience(seconds=0.5, look_seconds=1, links=4)
    return begin(*(f"{name}={node.place}" for name, node in nodes.items()), patience=slow)


def test_what_was_put_and_dropped_elsewhere_is_not_served_as_it_was(
    nodes: dict[str, Memcached], pool: Pool
) -> None:
    pool.put_many(dict.fromkeys(A, b"old"), seconds=60)
    nodes["a"].hang()
    pool.get(A[0])
    assert pool.put(A[0], b"new", seconds=60)
    pool.drop(A[1])
    pool.put_many({A[2]: b"new", A[3]: b"new"}, seconds=60)
    assert value_of(pool, A[0]) == b"new"
    nodes["a"].wake()
    until(are_back(pool))
    assert [value_of(pool, key) for key in A[:4]] == [None] * 4
    assert pool.put(A[0], b"newer", seconds=60)
    assert value_of(pool, A[0]) == b"newer"


def test_of_a_short_absence_only_what_was_changed_is_taken_back(
    nodes: dict[str, Memcached], begin: Callable[..., Pool]
) -> None:
    pool = begin(*(f"{name}={node.place}" for name, node in nodes.items()), patience=AT_EASE)
    pool.put_many(dict.fromkeys(A, b"old"), seconds=60)
    nodes["a"].hang()
    pool.get(A[0])
    pool.put(A[1], b"new", seconds=60)
    nodes["a"].wake()
    until(are_back(pool))
    assert set(pool.get_many(A)) == set(A) - {A[1]}


def test_a_call_that_was_not_answered_is_not_carried_out_when_the_node_wakes(
    nodes: dict[str, Memcached], begin: Callable[..., Pool]
) -> None:
    pool = begin(*(f"{name}={node.place}" for name, node in nodes.items()), patience=AT_EASE)
    pool.get(A[0])  # a connection is there, and what is sent on it waits in the node
    nodes["a"].hang()
    assert not pool.put(A[0], b"old", seconds=60)
    assert pool.put(A[0], b"new", seconds=60)
    nodes["a"].wake()
    until(are_back(pool))
    assert value_of(pool, A[0]) is None


def test_a_drop_that_was_not_answered_is_made_good(
    nodes: dict[str, Memcached], begin: Callable[..., Pool]
) -> None:
    pool = begin(f"a={nodes['a'].place}", patience=AT_EASE)
    pool.put("page", b"old", seconds=60)
    nodes["a"].hang()
    pool.drop("page")
    assert pool.get("page") is None
    nodes["a"].wake()
    until(are_back(pool))
    assert pool.get("page") is None


def test_what_another_process_changed_and_did_not_live_to_take_back_is_not_served(
    nodes: dict[str, Memcached], pool: Pool, other: Pool
) -> None:
    pool.put_many(dict.fromkeys(A, b"old"), seconds=60)
    nodes["a"].hang()
    other.get(A[0])
    assert other.put(A[0], b"new", seconds=60)
    other.close()
    pool.get(A[1])
    until(lambda: is_missed_for_long(pool))
    nodes["a"].wake()
    until(are_back(pool))
    assert value_of(pool, A[0]) is None


def test_processes_that_return_at_their_own_moments_agree_when_the_last_one_is_back(
    nodes: dict[str, Memcached], pool: Pool, other: Pool
) -> None:
    pool.put_many(dict.fromkeys(A, b"old"), seconds=60)
    nodes["a"].hang()
    for each in (pool, other):
        each.get(A[0])
        each.put(A[0], b"new", seconds=60)
    nodes["a"].wake()
    until(are_back(pool))
    pool.put(A[1], b"stale", seconds=60)  # on the node, while the other still keeps it elsewhere
    if other.away():
        other.put(A[1], b"newest", seconds=60)
        until(are_back(other))
        assert value_of(pool, A[1]) is None
    assert value_of(pool, A[0]) is None


def test_what_lay_elsewhere_is_not_found_there_in_the_next_absence(
    nodes: dict[str, Memcached], pool: Pool
) -> None:
    nodes["a"].hang()
    pool.get(A[0])
    assert pool.put(A[0], b"old", seconds=60)
    nodes["a"].wake()
    until(are_back(pool))
    assert pool.put(A[0], b"new", seconds=60)
    nodes["a"].hang()
    assert value_of(pool, A[0]) is None
    assert pool.away() == ["a"]
    assert value_of(pool, A[0]) is None
    assert not pool.put(A[0], b"newer", seconds=60)
    until(
        lambda: pool.put(A[0], b"newest", seconds=60)
    )  # now nothing of the first absence can be there any more
    assert value_of(pool, A[0]) == b"newest"


def test_what_lies_elsewhere_does_not_stay_there(nodes: dict[str, Memcached], pool: Pool) -> None:
    nodes["a"].hang()
    pool.get(A[0])
    assert pool.put(A[0], b"one", seconds=3_600)
    until(lambda: pool.get(A[0]) is None)


def test_more_changes_than_are_written_down_empty_the_node(
    nodes: dict[str, Memcached], begin: Callable[..., Pool]
) -> None:
    pool = begin(f"a={nodes['a'].place}", patience=AT_EASE)
    pool.put("page:kept", b"old", seconds=60)
    pool.put("page:10500", b"old", seconds=60)
    nodes["a"].hang()
    pool.get("page")
    for number in range(10_501):
        pool.drop(f"page:{number}")
    nodes["a"].wake()
    until(are_back(pool))
    assert pool.get_many(["page:kept", "page:10500"]) == {}


def test_a_node_that_was_killed_and_begun_again_has_its_keys_again(
    nodes: dict[str, Memcached], pool: Pool
) -> None:
    nodes["a"].kill()
    assert pool.get(A[0]) is None
    assert pool.put(A[0], b"elsewhere", seconds=60)
    nodes["a"].start()
    until(are_back(pool))
    pool.put_many(dict.fromkeys(A, b"new"), seconds=60)
    assert nodes["a"].say(f"mg {A[0]} v\r\n".encode()).endswith(b"new\r\n")
    assert pool.tally["late"] == 0


def test_while_all_are_here_nobody_looks(nodes: dict[str, Memcached], pool: Pool) -> None:
    nodes["a"].hang()
    pool.get(A[0])
    assert pool._fleet._lookout._thread is not None
    nodes["a"].wake()
    until(lambda: pool._fleet._lookout._thread is None)
    assert pool.away() == []
