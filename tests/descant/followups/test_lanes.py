"""What a person waits for is told first; what asks machines of others keeps nothing of our own waiting."""

from collections.abc import Callable, Iterator

import pytest
from django.core import mail

from descant.discussion.deciding import decide
from descant.discussion.models import Comment
from descant.discussion.posting import Draft, post_comment
from descant.followups import purging
from descant.followups.models import Kind, Letter
from django_headroom.delayed.models import Lane
from django_headroom.delayed.signals import all_signals
from django_headroom.delayed.worker import drain
from tests.descant.conftest import Cast

pytestmark = pytest.mark.django_db(transaction=True)
Say = Callable[..., Comment]
# What a person waits for.
URGENT = {
    ("comment_changed", "followups.freshness"),
    ("thread_moved", "followups.freshness"),
    ("reply_wanted", "followups.mailboxes"),
    ("question_due", "followups.mail"),
}
# What asks machines of others, which may hang, or comes in numbers, or may wait until tomorrow.
WHENEVER = {
    ("comment_unjudged", "followups.judges"),
    ("letter_due", "followups.mail"),
    ("comment_posted", "followups.purging"),
    ("comment_changed", "followups.purging"),
    ("thread_moved", "followups.purging"),
    ("pages_aged", "followups.purging"),
    ("comment_voted", "followups.activity"),
    ("comments_arrived", "followups.arrived"),
}


@pytest.fixture
def _caches_to_tell(settings: object) -> Iterator[None]:
    settings.PURGES = [{"url": "http://127.0.0.1:1"}]  # type: ignore[attr-defined]
    purging.connect()
    yield
    for signal in all_signals():
        signal.receivers.pop("followups.purging", None)


@pytest.mark.usefixtures("_caches_to_tell")
def test_each_receiver_stands_in_its_queue() -> None:
    found = {
        (signal.name, receiver.uid): receiver.lane
        for signal in all_signals()
        for receiver in signal.receivers.values()
        if receiver.uid.startswith("followups.") and "webhook" not in receiver.uid
    }
    assert {key for key, lane in found.items() if lane == Lane.HIGH} == URGENT
    assert {key for key, lane in found.items() if lane == Lane.BULK} == WHENEVER


def test_a_guest_is_asked_for_her_address_before_anything_else_is_done(cast: Cast, say: Say) -> None:
    say("Rye.")
    comment = say("Oats.")
    draft = Draft(text="Salt.", parent_id=comment.pk, mail="en")
    post_comment(forum=cast.gazette, thread=comment.thread, author=cast.guest, draft=draft)
    assert drain("p1", [Lane.HIGH]) == 1
    assert drain("default", [Lane.HIGH]) == 1
    assert Letter.objects.get().kind == Kind.CONFIRM
    assert [letter.to for letter in mail.outbox] == [["gus@mail.example"]]


def test_other_letters_wait_for_nobody_who_is_not_a_letter(cast: Cast, say: Say) -> None:
    say("Rye?", to=say("Oats.", by=cast.cy), by=cast.ann)
    while drain("p1"):
        pass
    assert drain("default", [Lane.HIGH, Lane.LOW]) == 0
    assert drain("default", [Lane.BULK]) == 1
    assert Letter.objects.get().kind == Kind.REPLY


def test_what_is_hidden_is_told_first_to_those_who_keep_pages(cast: Cast, say: Say) -> None:
    comment = say("Rye.")
    while drain("p1"):
        pass
    decide(forum=cast.gazette, comments=[comment], verdict="hide", by=cast.bo)
    assert drain("p1", [Lane.HIGH]) == 1
    assert drain("p1", [Lane.HIGH]) == 0
    assert drain("p1", [Lane.LOW]) == 1
