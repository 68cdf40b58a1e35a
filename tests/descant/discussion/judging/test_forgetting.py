"""What is remembered of a comment follows it: what its author takes back, or what is erased, is remembered no more."""

from collections.abc import Callable

from descant.discussion import signals
from descant.discussion.deciding import decide
from descant.discussion.editing import delete_comment
from descant.discussion.models import Comment
from descant.discussion.models.words import Words
from descant.forums.models import Fingerprint, Lesson, Weight
from django_headroom.delayed.worker import drain
from django_headroom.transactions import writing
from tests.descant.conftest import Cast

Say = Callable[..., Comment]
TEXT = "Buy the very best pills of the whole country at our little shop"


def listen() -> None:
    while drain("p1"):
        pass


def kept_of(comment: Comment) -> set[str]:
    """The kinds of rows that tell something of its text."""
    rows = {
        "fingerprint": Fingerprint.objects.filter(comment_id=comment.pk),
        "lesson": Lesson.objects.filter(comment_id=comment.pk),
        "words": Words.objects.of(comment.forum_id).filter(comment=comment.pk),
    }
    return {name for name, found in rows.items() if found.exists()}


def test_what_its_author_takes_back_is_remembered_no_more(cast: Cast, say: Say) -> None:
    comment = say(TEXT)
    listen()
    assert kept_of(comment) == {"fingerprint", "words"}
    delete_comment(forum=cast.gazette, comment=comment, author=cast.cy)
    listen()
    assert kept_of(comment) == set()


def test_what_is_erased_is_remembered_no_more_and_what_it_taught_is_unlearned(cast: Cast, say: Say) -> None:
    comment = say(TEXT)
    decide(forum=cast.gazette, comments=[comment], verdict="spam", by=cast.bo)
    listen()
    assert kept_of(comment) == {"fingerprint", "lesson", "words"}
    with writing(cast.gazette) as alias:
        rows = Comment.objects.of(cast.gazette).filter(pk=comment.pk)
        rows.update(text="", html="", state=Comment.State.DELETED)
        signals.comment_changed.say(at=alias, **signals.told(comment))
    listen()
    assert kept_of(comment) == set()
    assert not Weight.objects.exclude(good=0, spam=0).exists()


def test_what_a_moderator_deletes_of_a_flood_goes_on_telling_what_is_like_it(cast: Cast, say: Say) -> None:
    comments = [say(f"{TEXT}, number {number}") for number in range(3)]
    listen()
    decide(forum=cast.gazette, comments=comments, verdict="delete", by=cast.bo)
    listen()
    late = say(f"{TEXT}, number 9", by=cast.guest)
    listen()
    assert Comment.objects.of(cast.gazette).get(pk=late.pk).flood is not None
