"""What is kept of what follows goes in its time."""

from collections.abc import Callable
from datetime import timedelta

from django.utils import timezone

from descant.discussion.models import Comment
from descant.discussion.signals import comment_unjudged, told
from descant.followups.models import Notice
from descant.followups.trimming import ADDRESSES_KEPT, forget_addresses, trim_notices
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
