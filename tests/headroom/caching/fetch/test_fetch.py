"""A value is made when it must be, given out for as long as it may be, and never older than that."""

import logging
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count, pairwise
from threading import Event, Thread
from typing import Any

import pytest

from django_headroom.caching import Fetched, Made, NotMade, Store, fetch, fill, mark_stale
from django_headroom.caching.envelope import Envelope, pack, unpack
from django_headroom.testing import Clock, frozen_time
from tests.headroom.caching.fetch.crowds import paused_maker

Read = Callable[..., Fetched]


@pytest.fixture
def clock() -> Iterator[Clock]:
    with frozen_time() as clock:
        yield clock


@pytest.fixture
def read(kept: Store) -> Read:
    """Each time it is made it is another one: 1, 2, 3 …"""
    numbers = count(1)

    def read(make: Callable[[], Made] | None = None, **more: Any) -> Fetched:
        times = {"soft": 60, "hard": 600, "store": kept, **more}
        return fetch("page", make or (lambda: Made(b"%d" % next(numbers))), **times)

    return read


def failing() -> Made:
    raise ZeroDivisionError("it cannot be made")


def held(kept: Store) -> Envelope:
    found = kept.get("page")
    assert found is not None
    return unpack(found.value)


def test_it_is_made_once_and_read_from_then_on(read: Read) -> None:
    assert [read()[::2] for _ in range(3)] == [(b"1", False)] * 3


def test_after_its_time_it_is_made_anew_by_whoever_comes_first(read: Read, clock: Clock) -> None:
    read()
    clock.move(seconds=53)
    assert read().value == b"1"
    clock.move(seconds=14)  # the time is a tenth longer or shorter, by chance
    assert read().value == b"2"


def test_the_times_of_what_is_made_together_differ(kept: Store, clock: Clock) -> None:
    ends = set()
    for _ in range(20):
        fill("page", b"1", soft=60, hard=600, store=kept)
        ends.add(held(kept).soft_until - clock.now.timestamp())
    assert len(ends) > 10
    assert all(54 <= each <= 66 for each in ends)


def test_a_stale_value_is_marked_and_never_older_than_it_may_be(read: Read, clock: Clock) -> None:
    read()
    clock.move(seconds=590)
    assert read(failing) == Fetched(b"1", read(failing).version, True)
    clock.move(seconds=10)  # its failed maker rests no longer, and it is too old
    with pytest.raises(ZeroDivisionError):
        read(failing)


def test_what_a_write_made_stale_is_given_out_no_longer_than_what_ran_out(
    kept: Store, read: Read, clock: Clock
) -> None:
    read(soft=500)
    mark_stale("page", store=kept)
    clock.move(seconds=40)
    assert read(failing, soft=500).is_stale
    clock.move(seconds=70)  # 600 less 500 seconds have passed since the write
    with pytest.raises(ZeroDivisionError):
        read(failing, soft=500)


def test_a_maker_that_fails_leaves_the_last_value_and_is_left_alone_for_a_while(
    read: Read, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    read(soft=0)
    tried: list[float] = []

    def try_in_vain() -> Made:
        tried.append(clock.now.timestamp())
        return failing()

    with caplog.at_level(logging.CRITICAL, "django_headroom.caching"):
        for _ in range(2000):
            assert read(try_in_vain) == (b"1", read(try_in_vain).version, True)
            clock.move(seconds=0.05)
    pauses = [later - sooner for sooner, later in pairwise(tried)]
    assert pauses == sorted(pauses, key=lambda pause: round(min(pause, 10)))
    assert 10 <= len(tried) <= 20
    assert read().value == b"1"
    clock.move(seconds=11)
    assert read()[::2] == (b"2", False)


def test_that_it_failed_is_logged_with_what_went_wrong(read: Read, caplog: pytest.LogCaptureFixture) -> None:
    read(soft=0)
    read(failing)
    assert "Making 'page' has failed" in caplog.text
    assert "ZeroDivisionError: it cannot be made" in caplog.text


def test_what_never_could_be_made_raises_what_its_maker_raised(read: Read) -> None:
    with pytest.raises(ZeroDivisionError):
        read(failing)


def test_who_comes_after_a_first_maker_who_failed_is_told_so(read: Read, kept: Store, settings: Any) -> None:
    settings.HEADROOM = {**settings.HEADROOM, "FETCH_WAIT_SECONDS": 0}
    with frozen_time():
        with pytest.raises(ZeroDivisionError):
            read(failing)
        with pytest.raises(NotMade, match="is not there"):
            read()
        assert read(placeholder=b"soon") == (b"soon", -1, True)


def test_who_waits_takes_a_placeholder_or_makes_it_herself(kept: Store, read: Read, settings: Any) -> None:
    with paused_maker(kept, Made(b"slow")):
        settings.HEADROOM = {**settings.HEADROOM, "FETCH_WAIT_SECONDS": 0.05}
        assert read(placeholder=b"soon") == (b"soon", -1, True)
        assert read()[::2] == (b"1", False)


def test_so_many_of_a_process_make_it_beside_others_and_no_more(
    kept: Store, read: Read, settings: Any
) -> None:
    with paused_maker(kept, Made(b"slow")):
        settings.HEADROOM = {**settings.HEADROOM, "FETCH_WAIT_SECONDS": 0.05, "FETCH_MAKERS": 1}
        has_begun, go_on = Event(), Event()

        def make() -> Made:
            has_begun.set()
            go_on.wait(30)
            return Made(b"second")

        second = Thread(target=read, args=(make,))
        second.start()
        has_begun.wait(30)
        with pytest.raises(NotMade, match="FETCH_MAKERS"):
            read()
        go_on.set()
        second.join()


def test_who_wants_it_fresh_gets_no_stale_value(kept: Store, read: Read) -> None:
    read()
    mark_stale("page", store=kept)
    assert read(fresh=True)[::2] == (b"2", False)


def test_who_wants_it_fresh_is_told_when_it_cannot_be_made(kept: Store, read: Read) -> None:
    read()
    mark_stale("page", store=kept)
    with pytest.raises(ZeroDivisionError):
        read(failing, fresh=True)
    assert read().value == b"1"


def test_who_wants_it_fresh_does_not_take_what_was_begun_before_she_came(kept: Store, read: Read) -> None:
    with ThreadPoolExecutor(1) as pool, paused_maker(kept, Made(b"old")) as making:
        mark_stale("page", store=kept)
        waiting = pool.submit(read, fresh=True)
        assert not waiting.done()
    assert making.result()[::2] == (b"old", True)
    assert waiting.result()[::2] == (b"1", False)


def test_a_key_that_is_read_all_the_time_is_made_before_its_time_runs_out(read: Read, clock: Clock) -> None:
    def slow() -> Made:
        clock.move(seconds=2)
        return Made(b"slow")

    read(slow)
    stale = 0
    for _ in range(700):  # ten times a second
        stale += read().is_stale
        clock.move(seconds=0.1)
    assert read().value != b"slow"
    assert stale == 0


def test_a_key_that_is_cheap_to_make_is_not_made_before_its_time(read: Read, clock: Clock) -> None:
    read()
    clock.move(seconds=50)
    assert {read().value for _ in range(500)} == {b"1"}


@pytest.mark.parametrize("cut", [slice(1, None), slice(None, -1), slice(0, 20), slice(0, 0)])
def test_what_is_no_whole_envelope_is_read_as_nothing(kept: Store, read: Read, cut: slice) -> None:
    kept.put("page", pack(Envelope(version=5, soft_until=2e9, hard_until=2e9, value=b"odd"))[cut], seconds=60)
    assert read()[::2] == (b"1", False)
    assert read().value == b"1"


def test_what_is_too_large_for_the_store_is_made_for_each(read: Read) -> None:
    assert [len(read(lambda: Made(b"x" * 2_000_000)).value) for _ in range(2)] == [2_000_000] * 2
    assert read()[::2] == (b"1", False)


def test_an_empty_value_is_a_value(read: Read) -> None:
    assert read(lambda: Made(b""))[::2] == read()[::2] == (b"", False)
