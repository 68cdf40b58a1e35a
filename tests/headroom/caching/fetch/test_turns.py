"""Who takes turns makes a value, takes another's, or is told when to look again; she never waits."""

from collections.abc import Callable, Iterator
from contextlib import closing

import pytest

from django_headroom.caching import Made, Store, fetching
from django_headroom.caching.fetching import Busy, Turns
from django_headroom.caching.keeping import look
from django_headroom.caching.memcached import Pool
from django_headroom.testing import Clock, frozen_time

Take = Callable[..., bytes | Busy | None]


@pytest.fixture
def clock() -> Iterator[Clock]:
    with frozen_time() as clock:
        yield clock


@pytest.fixture
def take(kept: Store) -> Take:
    turns = Turns(hard=600, every=0.1, store=kept)

    def take(
        value: bytes, version: int = 1, *, anyway: bool = False, at_it: Callable[[], None] | None = None
    ) -> object:
        def make() -> Made:
            if at_it is not None:
                at_it()
            return Made(value, version)

        return turns.take("page", make, will_do=lambda held: held >= value, anyway=anyway)

    return take


def test_what_will_do_is_taken_and_what_will_not_is_made(clock: Clock, take: Take) -> None:
    assert take(b"1") == b"1"
    clock.move(seconds=1)
    assert take(b"0") == b"1"
    assert take(b"2", 2) == b"2"
    assert take(b"1") == b"2"


def test_between_two_makings_everybody_is_told_how_long_to_wait(clock: Clock, take: Take) -> None:
    take(b"1")
    clock.move(seconds=0.04)
    busy = take(b"2", 2)
    assert isinstance(busy, Busy)
    assert busy.seconds == pytest.approx(0.06, abs=0.001)
    clock.move(seconds=busy.seconds)
    assert take(b"2", 2) == b"2"


def test_while_one_makes_the_others_are_told_to_look_again(clock: Clock, take: Take) -> None:
    found: list[object] = []
    assert take(b"1", at_it=lambda: found.append(take(b"1"))) == b"1"
    clock.move(seconds=1)
    assert take(b"2", 2, at_it=lambda: found.extend([take(b"1"), take(b"2", 2)])) == b"2"
    first, old, second = found
    assert isinstance(first, Busy)
    assert isinstance(second, Busy)
    assert 0 < first.seconds <= 0.05
    assert old == b"1"


def test_who_will_not_wait_makes_it_beside_another(clock: Clock, take: Take) -> None:
    found: list[object] = []
    take(b"1", at_it=lambda: found.append(take(b"1", anyway=True)))
    assert found == [b"1"]


def test_an_older_one_does_not_take_the_place_of_a_newer(clock: Clock, take: Take) -> None:
    assert take(b"1", 1, at_it=lambda: take(b"2", 2, anyway=True)) == b"1"
    clock.move(seconds=1)
    assert take(b"1") == b"2"


def test_a_maker_that_fails_or_has_nothing_leaves_the_turn_to_others(kept: Store) -> None:
    turns = Turns(hard=600, every=10, store=kept)

    def failing() -> Made:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        turns.take("page", failing, will_do=lambda value: True)
    assert turns.take("page", lambda: None, will_do=lambda value: True) is None
    assert turns.take("page", lambda: Made(b"1", 1), will_do=lambda value: True) == b"1"


def test_who_has_made_it_has_it_before_it_is_kept(clock: Clock, kept: Store) -> None:
    due: list[Callable[[], None]] = []
    turns = Turns(hard=600, every=0.1, store=kept, later=due.append)

    def take(value: bytes) -> object:
        return turns.take("page", lambda: Made(value, 1), will_do=lambda held: True)

    assert take(b"1") == b"1"
    assert isinstance(take(b"2"), Busy), "it is still the other's turn"
    for keep in due:
        keep()
    assert take(b"2") == b"1"


def test_where_nothing_is_kept_it_is_made_each_time() -> None:
    with closing(Pool(["127.0.0.1:9"])) as nobody:
        turns = Turns(hard=600, every=10, store=nobody)
        assert [turns.take("page", lambda: Made(b"1"), will_do=bool) for _ in range(2)] == [b"1", b"1"]


def test_who_is_new_does_not_look_before_it_turns_out_that_there_is_something(
    clock: Clock, kept: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked = []
    monkeypatch.setattr(fetching, "look", lambda place: looked.append(place) or look(place))
    turns = Turns(hard=600, every=0.1, store=kept)

    def take(value: bytes) -> object:
        return turns.take("page", lambda: Made(value, 1), will_do=lambda held: True, is_new=True)

    assert (take(b"1"), len(looked)) == (b"1", 0)
    clock.move(seconds=1)
    assert (take(b"2"), len(looked)) == (b"1", 1)
