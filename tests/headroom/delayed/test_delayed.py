"""What is said is heard if and only if its transaction commits, at least once, whoever dies in between."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from threading import Lock
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from django_headroom.delayed import signals, surrounding
from django_headroom.delayed.models import AT_ONCE, Event
from django_headroom.delayed.signals import DelayedSignal, SaidOutside, signal_named
from django_headroom.delayed.worker import BATCH, drain
from django_headroom.delayed.working import leases
from django_headroom.transactions import SecondDatabase, writing
from tests.headroom.market.items.models import Item
from tests.headroom.market.people.models import Person
from tests.headroom.market.shops.models import Shop
from tests.headroom.market.threads import DATABASES, together, until

pytestmark = pytest.mark.django_db(databases=DATABASES, transaction=True)


class Killed(BaseException):
    """The worker's process ends here; no code of its own runs after it."""


@pytest.fixture
def sold() -> Iterator[DelayedSignal]:
    yield DelayedSignal("sold", schema=1)
    signals._signals.pop("sold")


@pytest.fixture
def told(sold: DelayedSignal) -> list[str]:
    """What the clerk has been told, by name of the item."""
    heard: list[str] = []
    sold.connect(lambda told, event_id: heard.append(told["name"]), dispatch_uid="clerk")
    return heard


@pytest.fixture
def sell(sold: DelayedSignal, bakery: Shop) -> Callable[[str], None]:
    def act(name: str) -> None:
        with writing(bakery):
            Item.objects.of(bakery).create(name=name)
            sold.say(at=bakery, name=name)

    return act


def events() -> Any:
    return Event.objects.using("p1")


def let_time_pass(seconds: int) -> None:
    """Move what is written down into the past."""
    for event in events():
        event.due_at = max(AT_ONCE, event.due_at - timedelta(seconds=seconds))
        event.leased_until = event.leased_until and event.leased_until - timedelta(seconds=seconds)
        event.save()


def test_what_is_said_is_heard_after_the_commit(sell: Callable[[str], None], told: list[str]) -> None:
    sell("rye")
    assert told == [], "not by whoever said it"
    assert drain("p1") == 1
    assert told == ["rye"]
    assert (events().count(), drain("p1"), told) == (0, 0, ["rye"])


def test_what_is_undone_is_never_heard(sold: DelayedSignal, bakery: Shop, told: list[str]) -> None:
    with pytest.raises(ZeroDivisionError), writing(bakery):
        sold.say(at=bakery, name="rye")
        raise ZeroDivisionError
    assert (drain("p1"), told) == (0, [])


def test_what_is_said_outside_a_transaction_is_refused(
    sold: DelayedSignal, bakery: Shop, butcher: Shop
) -> None:
    with pytest.raises(SaidOutside, match="say it inside `with writing"):
        sold.say(at=bakery, name="rye")
    with writing(bakery), pytest.raises(SaidOutside):
        sold.say(at=butcher, name="ham")  # a transaction is open, but not there
    assert not Event.objects.using("p2").exists()


def test_it_is_written_where_the_act_wrote(sold: DelayedSignal, butcher: Shop, ann: Person) -> None:
    for place, alias in ((butcher, "p2"), (ann, "people")):
        with writing(place):
            sold.say(at=place, name="x")
        assert Event.objects.using(alias).count() == 1
    assert drain("p1") == 0, "each database has its own"


def test_a_worker_that_dies_after_the_receiver_ran_is_followed_by_another(
    sold: DelayedSignal, sell: Callable[[str], None], told: list[str]
) -> None:
    def kill(payload: Any, event_id: str) -> None:
        if len(told) == 1:
            raise Killed

    sold.connect(kill, dispatch_uid="zz, after the clerk")
    sell("rye")
    with pytest.raises(Killed):
        drain("p1")
    assert (drain("p1"), told) == (0, ["rye"]), "nobody else has it while the lease runs"
    let_time_pass(31)
    assert (drain("p1"), told) == (1, ["rye", "rye"]), "told twice rather than never"
    assert not events().exists()


def test_a_receiver_that_fails_stops_nobody_and_alone_is_told_again(
    sold: DelayedSignal, sell: Callable[[str], None], told: list[str]
) -> None:
    tries: list[str] = []

    def stumble(payload: dict[str, Any], event_id: str) -> None:
        tries.append(event_id)
        payload["name"] = "spoilt"
        if len(tries) < 3:
            raise ValueError("the mail server is away")

    sold.connect(stumble, dispatch_uid="a, before the clerk")
    sell("rye")
    sell("oat")
    assert drain("p1") == 2
    assert sorted(told) == ["oat", "rye"], "the clerk is told what was said, whatever others do with it"
    assert drain("p1") == 0, "not at once"
    assert "the mail server is away" in events().first().error
    let_time_pass(3)
    assert drain("p1") == 2
    assert (len(tries), sorted(told), events().count()) == (4, ["oat", "rye"], 0)
    assert len(set(tries)) == 2, "the same event has the same id each time"


def test_what_is_taken_along_surrounds_each_receiver_each_time_it_is_told(
    sold: DelayedSignal, sell: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    around: list[Any] = []

    @contextmanager
    def lit(colour: str | None) -> Iterator[None]:
        around.append(colour)
        try:
            yield
        finally:
            around.pop()

    lamp: list[str] = ["red"]
    monkeypatch.setitem(surrounding.carried, "lamp", (lambda: lamp[0], lit))
    seen: list[Any] = []

    def look(payload: dict[str, Any]) -> None:
        seen.append((payload["name"], around[-1]))
        if len(seen) < 2:
            raise ValueError("too dark")

    sold.connect(look, dispatch_uid="a, before the clerk")
    sell("rye")
    lamp[0] = ""
    assert drain("p1") == 1
    let_time_pass(3)
    sell("oat")
    while drain("p1"):
        continue
    assert Counter(seen) == {("rye", "red"): 2, ("oat", None): 1}
    assert around == []


def test_each_try_is_later_than_the_last_and_after_the_last_it_is_laid_aside(
    sold: DelayedSignal, sell: Callable[[str], None], told: list[str], settings: Any
) -> None:
    settings.HEADROOM = {**settings.HEADROOM, "DELAYED_TRIES": 4}
    tries: list[str] = []

    def fail(payload: Any, event_id: str) -> None:
        tries.append(event_id)
        raise ValueError("never")

    sold.connect(fail, dispatch_uid="never")
    sell("rye")
    for number in range(1, 5):
        assert drain("p1") == 1
        pause = (events().get().due_at - timezone.now()).total_seconds()
        assert 0.5 * 2**number - 1 < pause < 1.5 * 2**number
        let_time_pass(3600)
    assert (drain("p1"), len(tries), told) == (0, 4, ["rye"])
    assert events().get().dead_at is not None
    sell("oat")
    assert (drain("p1"), told) == (1, ["rye", "oat"])


def test_an_event_of_a_signal_this_release_does_not_know_waits(
    sell: Callable[[str], None], told: list[str]
) -> None:
    sell("rye")
    forgotten = signals._signals.pop("sold")
    assert drain("p1") == 1
    assert "declares no signal 'sold'" in events().get().error
    signals._signals["sold"] = forgotten
    let_time_pass(3)
    assert (drain("p1"), told) == (1, ["rye"])
    assert signal_named("sold") is forgotten


def test_two_workers_at_once_tell_each_event_once(sold: DelayedSignal, bakery: Shop) -> None:
    lock, heard = Lock(), Counter[str]()

    def hear(payload: dict[str, Any], event_id: str) -> None:
        with lock:
            heard[payload["name"]] += 1

    sold.connect(hear, dispatch_uid="counter")
    many = 2 * BATCH + 50
    with writing(bakery):
        for number in range(many):
            sold.say(at=bakery, name=str(number))

    def work(_: int) -> None:
        while drain("p1"):
            pass

    together(4, work)
    while drain("p1"):
        pass
    assert heard == {str(number): 1 for number in range(many)}
    assert not events().exists()


def test_a_slow_receiver_gives_the_rest_of_its_batch_back(
    sold: DelayedSignal, sell: Callable[[str], None], told: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("rye", "oat", "bun"):
        sell(name)
    monkeypatch.setattr(leases, "GIVE_BACK", 0.01)

    def dawdle(payload: Any, event_id: str) -> None:
        until(lambda: events().filter(leased_by=None).count() == 2, "the others are not given back")

    sold.connect(dawdle, dispatch_uid="slow")
    assert drain("p1") == 3
    assert told == ["rye"]
    sold.receivers.pop("slow")
    assert (drain("p1"), told) == (2, ["rye", "oat", "bun"])


def test_a_receiver_that_runs_longer_than_its_lease_keeps_it(
    sold: DelayedSignal, sell: Callable[[str], None], told: list[str], settings: Any
) -> None:
    settings.HEADROOM = {**settings.HEADROOM, "DELAYED_LEASE_SECONDS": 1}
    began: list[datetime] = []

    def dawdle(payload: Any, event_id: str) -> None:
        began.append(events().get().leased_until)
        later = began[0] + timedelta(seconds=1)
        until(lambda: events().get().leased_until > later, "the lease was not prolonged")
        assert drain("p1") == 0, "it is nobody else's"

    sold.connect(dawdle, dispatch_uid="slow")
    sell("rye")
    assert (drain("p1"), len(began), told) == (1, 1, ["rye"])


def test_a_lease_that_ran_out_is_not_disturbed_by_the_worker_who_had_it(
    sold: DelayedSignal, sell: Callable[[str], None]
) -> None:
    def overslept(payload: Any, event_id: str) -> None:
        events().update(leased_by="12345678123456781234567812345678")
        raise ValueError("too late")

    sold.connect(overslept, dispatch_uid="overslept")
    sell("rye")
    drain("p1")
    assert (events().get().tries, str(events().get().leased_by)[:8]) == (0, "12345678"), "it tells again"


def test_a_receiver_opens_transactions_of_its_own(
    sold: DelayedSignal, sell: Callable[[str], None], bakery: Shop
) -> None:
    def note(payload: dict[str, Any], event_id: str) -> None:
        with writing("people"):
            Person.objects.create(name=payload["name"])

    sold.connect(note, dispatch_uid="note")
    with pytest.raises(SecondDatabase), writing(bakery):
        note({"name": "x"}, "")
    sell("rye")
    drain("p1")
    assert Person.objects.get().name == "rye"


def test_the_table_is_as_its_migrations_make_it() -> None:
    call_command("makemigrations", "delayed", "--check", "--dry-run", verbosity=0)
