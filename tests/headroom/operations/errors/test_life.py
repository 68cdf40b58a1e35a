"""The life of a kind of errors: new, seen, resolved, come back; ignored for a while; told of once."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import DatabaseError
from django.db.models import Q
from django.utils import timezone

from django_headroom.operations.errors import judging, storing
from django_headroom.operations.errors.models import Group, Hour, Merged, Occurrence, State, Touched
from django_headroom.operations.errors.storing import NEXT, take_in
from django_headroom.operations.errors.telling import give_back, take_digest
from django_headroom.operations.errors.travelling.batches import Batch, Sum
from django_headroom.operations.errors.trimming import trim
from django_headroom.testing import frozen_time
from django_headroom.testing.clock import Clock

pytestmark = pytest.mark.django_db(databases=["default", "people"])


@pytest.fixture
def clock() -> Iterator[Clock]:
    with frozen_time("2026-11-26T10:00") as clock:
        yield clock


def count(
    clock: Clock, release: str = "1.0", kind: str = "1:a", *, times: int = 1, person: str = ""
) -> Group:
    clock.move(minutes=1)
    now = clock.now.timestamp()
    counted = Sum("KeyError", "shop.sell", "'price'", release=release, first_at=now)
    for _ in range(times):
        counted.note(now, person, "")
    take_in(Batch({kind: counted}, [{"fingerprint": kind, "at": now, "event": {"event_id": "e" * 32}}]))
    return Group.objects.filter(Q(fingerprint=kind) | Q(merged__fingerprint=kind)).distinct().get()


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


def test_it_is_ignored_until_so_many_more_were_counted(clock: Clock) -> None:
    group = count(clock, times=7)
    judging.ignore([group.pk], more=10)
    assert count(clock, times=9).state == State.IGNORED
    assert count(clock).state == State.IGNORED
    again = count(clock)
    assert (again.state, again.count, again.ignored_until_count) == (State.REGRESSED, 18, None)


@pytest.mark.parametrize("how", [{}, {"more": 0}])
def test_it_cannot_be_ignored_for_ever(clock: Clock, how: dict[str, int]) -> None:
    group = count(clock)
    with pytest.raises(judging.NotIgnoredForever):
        judging.ignore([group.pk], **how)


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


def test_a_digest_tells_once_a_day_of_what_comes_ten_times_as_often(clock: Clock) -> None:
    for _ in range(24):
        group = count(clock, times=20)
        clock.move(minutes=59)
    assert take_digest() is not None
    clock.move(minutes=1)  # the 25th hour
    count(clock, times=199)
    assert take_digest() is None
    count(clock, times=1)
    digest = take_digest()
    assert digest is not None
    assert (digest.surging, digest.new, digest.regressed) == ([group], 0, 0)
    assert take_digest() is None
    give_back(digest)
    assert take_digest() is not None
    clock.move(hours=25)
    count(clock, times=500)
    assert take_digest() is not None


def test_what_comes_often_from_its_first_hour_on_or_is_ignored_is_no_surge(clock: Clock) -> None:
    new = count(clock, times=500)
    assert take_digest() is not None
    assert take_digest() is None
    judging.ignore([new.pk], more=100_000)
    clock.move(hours=2)
    count(clock, times=50_000)
    assert take_digest() is None


def test_of_many_kinds_a_digest_names_some_and_gives_all_of_them_back(clock: Clock) -> None:
    for number in range(30):
        count(clock, kind=f"1:{number}")
    digest = take_digest()
    assert digest is not None
    assert (len(digest.groups), digest.new) == (20, 30)
    give_back(digest)
    assert Group.objects.untold().count() == 30


def test_kinds_that_are_merged_are_counted_as_one_from_then_on(clock: Clock) -> None:
    one, other = count(clock, "1.0", times=3, person="ann"), count(clock, "1.1", kind="1:b", person="bo")
    assert judging.merge([other.pk], into=one.pk) == 1
    for _ in range(2):
        merged = count(clock, kind="1:b", person="ann")
    assert Group.objects.get() == merged == one
    assert (merged.count, merged.releases) == (6, ["1.1", "1.0"])
    assert sum(Hour.objects.values_list("count", flat=True)) == 6
    assert sorted(Touched.objects.values_list("key", flat=True)) == ["ann", "bo"]
    assert Occurrence.objects.filter(group=one).count() == 4


def test_what_was_merged_into_what_is_merged_comes_along(clock: Clock) -> None:
    one, two, three = (count(clock, kind=f"1:{name}") for name in "abc")
    judging.merge([two.pk], into=one.pk)
    judging.merge([one.pk], into=three.pk)
    assert {count(clock, kind=f"1:{name}").pk for name in "abc"} == {three.pk}
    assert Group.objects.get().count == 6


def test_what_is_split_off_is_a_kind_of_its_own_again(clock: Clock) -> None:
    one, other = count(clock), count(clock, kind="1:b")
    judging.merge([other.pk], into=one.pk)
    assert judging.split([Merged.objects.get().pk]) == 1
    assert (count(clock, kind="1:b").count, count(clock).count) == (1, 3)


def test_nothing_is_merged_into_itself_or_into_what_is_not_there(clock: Clock) -> None:
    group = count(clock)
    for into in (group.pk, group.pk + 7):
        with pytest.raises(judging.NoSuchKind):
            judging.merge([group.pk], into=into)
    assert Group.objects.get().count == 1


def test_what_was_merged_while_it_was_taken_in_is_counted_at_the_next_try(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = count(clock), count(clock, kind="1:b")
    judging.merge([other.pk], into=one.pk)
    with monkeypatch.context() as before_the_merge:
        before_the_merge.setattr(storing, "_homes", lambda alias, batch: {})
        with pytest.raises(DatabaseError):
            count(clock, kind="1:b")
    assert count(clock, kind="1:b").count == 3
    assert Group.objects.get() == one


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
