"""What is kept of what follows goes in its time."""

from collections.abc import Callable
from datetime import timedelta

from django.db.models import F
from django.utils import timezone

from descant.discussion.judging import pacing
from descant.discussion.models import Comment, Pace
from descant.discussion.signals import comment_unjudged, told
from descant.followups.models import Follow, Kind, Letter, Mailbox, Notice
from descant.followups.trimming import (
    ADDRESSES_KEPT,
    PACES_KEPT,
    forget_addresses,
    trim_letters,
    trim_mailboxes,
    trim_notices,
    trim_paces,
)
from django_headroom.delayed.letters import dead_letters, replay
from django_headroom.delayed.models import Event
from django_headroom.transactions import writing
from tests.descant.conftest import Cast

Say = Callable[..., Comment]


def test_notices_that_were_seen_go_after_ninety_days_and_all_after_a_year(cast: Cast) -> None:
    now = timezone.now()
    ages = {"new": (1, 1), "seen long ago": (200, 91), "not seen": (200, None), "old": (366, None)}
    for about, (made, seen) in ages.items():
        place = {"user_id": 1, "kind": "reply", "forum_id": cast.gazette.pk, "comment_id": 1}
        seen_at = now - timedelta(days=seen) if seen else None
        Notice.objects.create(about=about, made_at=now - timedelta(days=made), seen_at=seen_at, **place)
    assert trim_notices() == 2
    assert set(Notice.objects.values_list("about", flat=True)) == {"new", "not seen"}


def test_a_dead_letter_to_a_judge_forgets_the_address_after_a_week(cast: Cast, say: Say) -> None:
    comment = say("Rye.")
    with writing(cast.gazette):
        for _number in range(2):
            comment_unjudged.say(at=cast.gazette, **told(comment), address="192.0.2.77")
    rows = Event.objects.using("p1").filter(signal="comment_unjudged").order_by("said_at", "id")
    young, old = rows
    now = timezone.now()
    rows.filter(pk=young.pk).update(dead_at=now)
    rows.filter(pk=old.pk).update(dead_at=now - ADDRESSES_KEPT - timedelta(hours=1))
    assert [forget_addresses(), forget_addresses()] == [1, 0]
    addresses = {letter.pk: letter.payload["address"] for letter in dead_letters("p1")}
    assert addresses == {young.pk: "192.0.2.77", old.pk: ""}
    assert replay("p1", [old.pk]) == 1, "it can still be sent again"


def test_letters_go_after_ninety_days_whether_mail_is_sent_or_not(db: None) -> None:
    for about, days in (("young", 89), ("old", 91)):
        made_at = timezone.now() - timedelta(days=days)
        Letter.objects.create(recipient="u1", about=about, kind=Kind.REPLY, made_at=made_at)
    assert [trim_letters(), trim_letters()] == [1, 0]
    assert Letter.objects.get().about == "young"


def test_an_address_that_nobody_has_confirmed_is_forgotten_when_it_cannot_be_any_more(cast: Cast) -> None:
    def days(number: int) -> object:
        return timezone.now() - timedelta(days=number)

    boxes = {
        "asked": {"asked_at": days(29)},
        "unanswered": {"asked_at": days(31)},
        "hers": {"asked_at": days(900), "confirmed_at": days(900)},
        "refused": {"asked_at": days(200), "ended_at": days(179)},
        "refused long ago": {"asked_at": days(200), "ended_at": days(181)},
    }
    for name, columns in boxes.items():
        box = Mailbox.objects.create(email=f"{name}@mail.example", forum_id=cast.gazette.pk, **columns)
        Follow.objects.create(follower=f"m{box.pk}", what="c1")
    assert [trim_mailboxes(), trim_mailboxes()] == [2, 0]
    left = {email.partition("@")[0] for email in Mailbox.objects.values_list("email", flat=True)}
    assert left == {"asked", "hers", "refused"}
    followers = {f"m{pk}" for pk in Mailbox.objects.values_list("pk", flat=True)}
    assert set(Follow.objects.values_list("follower", flat=True)) == followers


def test_who_has_not_written_for_a_while_leaves_no_trace_of_her_pace(cast: Cast) -> None:
    for forum in (cast.gazette, cast.tribune):
        for subject in ("post/u1", "post/u2"):
            pacing.keep_pace(forum=forum, subject=subject, per_minute=1)
        first = Pace.objects.of(forum).order_by("pk")[:1]
        Pace.objects.of(forum).filter(pk__in=[row.pk for row in first]).update(
            used_until=F("used_until") - 60 - PACES_KEPT
        )
    assert [trim_paces(), trim_paces()] == [2, 0]
    assert [Pace.objects.of(forum).count() for forum in (cast.gazette, cast.tribune)] == [1, 1]
