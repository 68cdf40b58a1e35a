"""The life of a kind of errors: new, seen, resolved, come back; ignored for a while; told of once."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils import timezone

from django_headroom.operations.errors import judging
from django_headroom.operations.errors.counting import Batch, Sum
from django_headroom.operations.errors.models import Group, Hour, Occurrence, State
from django_headroom.operations.errors.storing import NEXT, take_in
from django_headroom.operations.errors.telling import give_back, take_digest
from django_headroom.operations.errors.trimming import trim
from django_headroom.testing import frozen_time
from django_headroom.testing.clock import Clock

pytestmark = pytest.mark.django_db(databases=["default", "people"])


@pytest.fixture
def clock() -> Iterator[Clock]:
    with frozen_time("2026-11-26T10:00") as clock:
        yield clock


def count(clock: Clock, release: str = "1.0", kind: str = "1:a") -> Group:
    clock.move(minutes=1)
    now = clock.now.timestamp()
    counted = Sum("KeyError", "shop.sell", "'price'", release=release, first_at=now)
    counted.note(now, "", "")
    take_in(Batch({kind: counted}, [{"fingerprint": kind, "at": now, "event": {"event_id": "e" * 32}}]))
    return Group.objects.get(fingerprint=kind)


def test_it_begins_as_new_and_can_be_seen(clock: Clock) -> None:
    group = count(clock)
    assert (group.state, group.count) == (State.NEW, 1)
    assert judging.mark_seen([group.pk]) == 1
    assert judging.mark_seen([group.pk]) == 0
    assert count(clock).state == State.SEEN


def test_what_is_resolved_and_counted_again_has_come_back(clock: Clock) -> None:
    group = count(clock)
    clock.move(minutes=1)
    judging.resolve([group.pk])
    again = count(clock)
    assert (again.state, again.count, again.is_told) == (State.REGRESSED, 2, False)


def test_what_was_counted_before_it_was_resolved_is_no_news(clock: Clock) -> None:
    group = count(clock)
    late = clock.now.timestamp()
    clock.move(minutes=5)
    judging.resolve([group.pk])
    counted = Sum("KeyError", "shop.sell", "", release="1.0", first_at=late)
    counted.note(late, "", "")
    take_in(Batch({"1:a": counted}, []))
    group.refresh_from_db()
    assert (group.state, group.count) == (State.RESOLVED, 2)


@pytest.mark.parametrize(
    ("mended_in", "counted_in", "state"),
    [
        ("1.1", "1.0", State.RESOLVED),
        ("1.1", "1.1", State.REGRESSED),
        ("1.1", "1.2", State.REGRESSED),
        (NEXT, "1.0", State.RESOLVED),
        (NEXT, "1.1", State.REGRESSED),
    ],
)
def test_an_older_release_that_runs_on_opens_nothing(
    clock: Clock, mended_in: str, counted_in: str, state: State
) -> None:
    group = count(clock, "1.0")
    judging.resolve([group.pk], release=mended_in)
    assert count(clock, counted_in).state == state


def test_it_is_ignored_until_a_time(clock: Clock) -> None:
    group = count(clock)
    judging.ignore([group.pk], until=clock.now + timedelta(hours=1))
    assert count(clock).state == State.IGNORED
    clock.move(hours=2)
    assert count(clock).state == State.REGRESSED


def test_it_cannot_be_ignored_until_yesterday(clock: Clock) -> None:
    group = count(clock)
    with pytest.raises(judging.NotIgnoredForever):
        judging.ignore([group.pk], until=clock.now - timedelta(days=1))


def test_a_judgement_can_be_taken_back(clock: Clock) -> None:
    group = count(clock)
    judging.resolve([group.pk])
    assert judging.reopen([group.pk]) == 1
    assert count(clock).state == State.SEEN


def test_a_digest_tells_what_is_new_and_what_has_come_back_once(clock: Clock) -> None:
    group = count(clock)
    count(clock, kind="1:b")
    digest = take_digest()
    assert digest is not None
    assert (digest.new, digest.regressed, len(digest.groups)) == (2, 0, 2)
    for _ in range(100):
        count(clock)
    assert take_digest() is None
    judging.resolve([group.pk])
    count(clock)
    digest = take_digest()
    assert digest is not None
    assert (digest.new, digest.regressed) == (0, 1)
    give_back(digest)
    assert take_digest() == digest


def test_what_is_seen_before_the_digest_is_no_news(clock: Clock) -> None:
    judging.mark_seen([count(clock).pk])
    assert take_digest() is None


def test_the_releases_that_had_it_are_told_in_their_order(clock: Clock) -> None:
    for release in ("1.0", "1.1", "1.0"):
        group = count(clock, release)
    assert group.releases == ["1.1", "1.0"]


def test_what_was_counted_last_long_ago_is_forgotten(clock: Clock) -> None:
    count(clock)
    clock.move(days=80)
    count(clock, kind="1:b")
    assert Hour.objects.count() == 2
    clock.move(days=20)
    assert trim() == 1
    assert [each.fingerprint for each in Group.objects.order_by("pk")] == ["1:b"]
    assert Occurrence.objects.count() == 1
    assert Hour.objects.count() == 0
    assert timezone.now() == clock.now


def test_the_first_and_the_latest_are_kept_whole(clock: Clock) -> None:
    for _ in range(25):
        count(clock)
    kept = list(Occurrence.objects.order_by("pk").values_list("pk", flat=True))
    assert len(kept) == 10
    assert kept[1:] == list(range(kept[-1] - 8, kept[-1] + 1))
    assert kept[0] == kept[-1] - 24
