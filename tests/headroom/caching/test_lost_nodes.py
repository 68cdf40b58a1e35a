"""A node that is dead, out of reach or hung: one call waits for it once, and nobody sees an exception."""

import os
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing

import pytest

from django_headroom.caching.memcached import Patience, Pool
from django_headroom.caching.memcached.hashing import Ranking
from django_headroom.conf import Headroom
from tests.headroom.caching.conftest import NAMES, PATIENCE
from tests.headroom.caching.nodes import HOST, Memcached, black_hole, silent
from tests.headroom.market.processes import ended_by_kill, in_a_process
from tests.servers import free_port

KEYS = [f"page:{number}" for number in range(300)]
FOR_EVER = Patience(seconds=0.5, look_seconds=3_600, links=4)


def of(name: str, names: tuple[str, ...] = NAMES) -> list[str]:
    """The keys that belong to a node."""
    ranking = Ranking(dict.fromkeys(names, 1.0))
    return [key for key in KEYS if ranking.order(key)[0] == name]


@pytest.fixture(params=["refused", "out of reach", "hung"])
def lost(request: pytest.FixtureRequest) -> Iterator[tuple[str, int]]:
    """Where a machine is with which something is wrong, and how many calls it may keep waiting."""
    with ExitStack() as ends:
        if request.param == "refused":
            yield f"{HOST}:{free_port()}", 0
        elif request.param == "out of reach":
            yield ends.enter_context(black_hole()), 1
        else:
            yield ends.enter_context(silent())[0], 1


def test_a_node_may_take_fifty_milliseconds_by_default() -> None:
    assert Headroom().cache_seconds == Patience().seconds == 0.05
    assert Headroom().cache_look_seconds == Patience().look_seconds == 5


def test_a_lost_node_keeps_one_call_waiting_and_its_keys_move(
    lost: tuple[str, int], nodes: dict[str, Memcached], begin: Callable[..., Pool]
) -> None:
    place, waits = lost
    pool = begin(f"a={place}", f"b={nodes['b'].place}", f"c={nodes['c'].place}", patience=FOR_EVER)
    kept = [pool.put(key, key.encode(), seconds=60) for key in KEYS]
    assert kept.count(False) == 1, "the call that found it out"
    assert not kept[KEYS.index(of("a")[0])]
    assert pool.put(of("a")[0], b"again", seconds=60)
    assert all(pool.get(key) for key in KEYS)
    assert len(pool.get_many(KEYS)) == len(KEYS)
    pool.put_many(dict.fromkeys(KEYS, b"new"), seconds=60)
    assert {held.value for held in pool.get_many(KEYS).values()} == {b"new"}
    for key in KEYS:
        pool.drop(key)
    assert pool.get_many(KEYS) == {}
    assert (pool.tally["late"], pool.tally["lost"]) == (waits, 1)
    assert pool.away() == ["a"]


def test_keys_whose_node_survived_stay_where_they_are(nodes: dict[str, Memcached], pool: Pool) -> None:
    pool.put_many(dict.fromkeys(KEYS, b"old"), seconds=60)
    nodes["a"].kill()
    assert set(pool.get_many(KEYS)) == {*of("b"), *of("c")}
    assert set(pool.get_many(KEYS)) == {*of("b"), *of("c")}
    assert pool.tally["late"] == 0


def test_many_are_got_from_all_others_while_two_hang(
    nodes: dict[str, Memcached], begin: Callable[..., Pool]
) -> None:
    with silent() as (first, _), silent() as (second, _), black_hole() as third:
        places = {"a": first, "b": second, "c": nodes["c"].place, "d": third, "e": nodes["b"].place}
        pool = begin(*(f"{name}={place}" for name, place in places.items()), patience=FOR_EVER)
        healthy = [*of("c", tuple("abcde")), *of("e", tuple("abcde"))]
        pool.put_many(dict.fromkeys(KEYS, b"old"), seconds=60)
        assert (pool.tally["late"], pool.tally["lost"]) == (3, 3), "each waited for in the same moment"
        assert set(pool.get_many(KEYS)) == set(healthy)
        assert pool.tally["late"] == 3


def test_a_node_that_hangs_in_the_middle_keeps_many_waiting_once(
    nodes: dict[str, Memcached], pool: Pool
) -> None:
    pool.put_many(dict.fromkeys(KEYS, b"old"), seconds=60)
    nodes["a"].hang()
    assert set(pool.get_many(KEYS)) == {*of("b"), *of("c")}
    for key in of("a"):
        assert pool.get(key) is None
    assert (pool.tally["late"], pool.tally["lost"]) == (1, 1)


def test_of_a_node_that_is_away_nobody_but_the_lookout_wants_anything(begin: Callable[..., Pool]) -> None:
    with silent() as (place, taken):
        pool = begin(f"a={place}", patience=FOR_EVER)
        for key in KEYS:
            assert pool.get(key) is None
            assert not pool.put(key, b"one", seconds=60)
            pool.drop(key)
        assert taken() == 1
        pool._fleet.nodes[0].look()
        assert taken() == 1
        assert pool.tally["late"] == 1


def test_threads_wait_side_by_side_and_no_longer_than_the_first(begin: Callable[..., Pool]) -> None:
    with silent() as (place, taken):
        pool = begin(f"a={place}", patience=FOR_EVER)
        with ThreadPoolExecutor(16) as threads:
            assert list(threads.map(pool.get, KEYS)) == [None] * len(KEYS)
        assert taken() <= FOR_EVER.links
        assert pool.tally["late"] <= 16, "each thread waited once at most"
        assert pool.tally["lost"] == 1


def test_who_finds_all_connections_lent_waits_for_one_and_loses_no_other_node(
    nodes: dict[str, Memcached], begin: Callable[..., Pool]
) -> None:
    with silent() as (place, _):
        pool = begin(f"a={place}", f"b={nodes['b'].place}", f"c={nodes['c'].place}", patience=FOR_EVER)
        with ThreadPoolExecutor(16) as threads:
            list(threads.map(lambda _: pool.get_many(KEYS), range(64)))
        assert pool.away() == ["a"]
        pool.put_many(dict.fromkeys(KEYS, b"new"), seconds=60)
        assert len(pool.get_many(KEYS)) == len(KEYS)


def test_one_process_has_no_more_connections_than_it_may(nodes: dict[str, Memcached], pool: Pool) -> None:
    before = {name: node.connections() for name, node in nodes.items()}
    with ThreadPoolExecutor(32) as threads:
        assert all(threads.map(lambda key: pool.put(key, b"one", seconds=60), KEYS * 5))
        assert all(threads.map(pool.get, KEYS * 5))
    for name, node in nodes.items():
        assert node.connections() - before[name] <= PATIENCE.links


def test_a_node_that_was_begun_anew_is_used_on_without_a_word(
    nodes: dict[str, Memcached], pool: Pool
) -> None:
    pool.put_many(dict.fromkeys(KEYS, b"old"), seconds=60)
    held = pool.get(of("a")[0])
    assert held
    nodes["a"].kill()
    nodes["a"].start()
    assert pool.put(of("a")[1], b"new", seconds=60)
    assert pool.get(of("a")[0]) is None
    assert not pool.put(of("a")[0], b"new", seconds=60, token=held.token)
    assert pool.tally.all() == {}


def test_a_token_is_of_one_life_of_its_node(nodes: dict[str, Memcached], begin: Callable[..., Pool]) -> None:
    pool = begin(f"a={nodes['a'].place}")
    nodes["a"].kill()
    nodes["a"].start()
    pool.put("page", b"old", seconds=60)
    held = pool.get("page")
    assert held
    nodes["a"].kill()
    nodes["a"].start()
    pool.put("page", b"new", seconds=60)  # memcached counts from one again, and comes to the same number
    assert not pool.put("page", b"newest", seconds=60, token=held.token)


def test_a_forked_process_has_connections_of_its_own(nodes: dict[str, Memcached], pool: Pool) -> None:
    pool.put_many({key: key.encode() for key in KEYS}, seconds=60)

    def asks() -> None:
        for _ in range(20):
            assert all(held.value == key.encode() for key, held in pool.get_many(KEYS).items())

    children = [in_a_process(asks) for _ in range(3)]
    asks()
    assert [ended_by_kill(child) for child in children] == [False] * 3
    assert pool.tally.all() == {}


def test_a_fork_while_a_node_is_away_finds_that_out_for_itself(begin: Callable[..., Pool]) -> None:
    with silent() as (place, _):
        pool = begin(f"a={place}", patience=FOR_EVER)
        pool.get("page")

        def asks() -> None:
            assert pool.away() == []
            pool.get("page")
            pool.get("page")
            assert pool.tally.all() == {"late": 1, "lost": 1, "nowhere": 1}

        assert not ended_by_kill(in_a_process(asks))


def test_bytes_that_others_have_put_are_a_miss_and_counted(nodes: dict[str, Memcached], pool: Pool) -> None:
    for node in nodes.values():
        assert node.say(b"set page 1 60 9\r\n\x80\x04K\x01.\r\nxx\r\n").startswith(b"STORED")
        assert node.say(b"ms older 3 F1213333504 T60\r\nold\r\n").startswith(b"HD")
    assert pool.get_many(["page", "older"]) == {}
    assert pool.tally.all() == {"foreign": 2}
    assert pool.put("page", b"ours", seconds=60)
    assert pool.get("page")


def test_what_the_server_itself_finds_too_large_is_a_miss(
    nodes: dict[str, Memcached], begin: Callable[..., Pool]
) -> None:
    pool = begin(nodes["a"].place, most_bytes=9_000_000)
    pool.put("page", b"one", seconds=60)
    assert not pool.put("page", b"x" * 4_000_000, seconds=60)
    assert pool.get("page") is None
    assert pool.tally.all() == {"not_taken": 1}
    assert pool.away() == []


@pytest.mark.parametrize("words", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"VA x\r\n", b"ERROR\r\n", b""])
def test_a_server_that_is_no_memcached_is_left_alone(words: bytes, begin: Callable[..., Pool]) -> None:
    with closing(socket.create_server((HOST, 0))) as listener:

        def answer() -> None:
            taken, _ = listener.accept()
            with taken:
                taken.recv(65_536)
                taken.sendall(words)

        server = threading.Thread(target=answer)
        server.start()
        pool = begin(f"{HOST}:{listener.getsockname()[1]}", patience=FOR_EVER)
        assert [pool.get("page"), pool.get("page")] == [None, None]
        server.join()
        assert pool.tally.all() == {"garbled" if words else "refused": 1, "lost": 1, "nowhere": 1}


def test_a_name_that_nobody_knows_keeps_nobody_waiting(
    nodes: dict[str, Memcached], begin: Callable[..., Pool]
) -> None:
    pool = begin("a=127.nowhere.invalid:1", f"b={nodes['b'].place}", patience=FOR_EVER)
    assert [pool.put(key, b"one", seconds=60) for key in KEYS] == [True] * len(KEYS)
    assert pool.away() == ["a"]


def test_a_name_that_the_machine_knows_is_a_place(
    nodes: dict[str, Memcached], begin: Callable[..., Pool]
) -> None:
    pool = begin(f"localhost:{nodes['a'].port}")
    assert pool.put("page", b"one", seconds=60)
    assert pool.get("page")


def test_a_socket_in_the_file_system_that_is_not_there_is_a_miss(begin: Callable[..., Pool]) -> None:
    pool = begin(f"/nowhere/{os.getpid()}.sock", patience=FOR_EVER)
    assert pool.get("page") is None
    assert pool.tally.all() == {"refused": 1, "lost": 1}
