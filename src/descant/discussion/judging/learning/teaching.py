"""What a moderator's decision teaches, and what is taken back when she undoes it; her last word on a comment counts."""

from collections.abc import Iterable, Sequence

from django.db.models import F

from descant.discussion.judging.learning.features import ALL, features_of, packed, unpacked
from descant.discussion.models import Comment, Decision
from descant.forums.models import NETWORK, Forum, Lesson, Weight
from django_headroom.skinny import range_iter
from django_headroom.transactions import writing

GLOBAL = "default"
# What was decided, and the state it must still have: that a comment is hidden or deleted says nothing of its words.
TEACHES = {
    ("spam", Comment.State.SPAM): True,
    ("approve", Comment.State.SHOWN): False,
    ("restore", Comment.State.SHOWN): False,
}


def teach(*, forum_id: int, comment_id: int) -> bool:
    """Learn from what was decided about a comment; may be told again, and in any order.

    Returns:
        Whether anything was learned, or unlearned.
    """
    comment = Comment.objects.of(forum_id).filter(pk=comment_id).first()
    if comment is None:
        return False
    is_spam = _taught_by(comment)
    if is_spam is None and not Lesson.objects.filter(comment_id=comment_id).exists():
        return False
    features = packed(features_of(comment.text, is_guest=comment.author_id is None))
    with writing(GLOBAL):
        _take_turns()
        kept = Lesson.objects.filter(comment_id=comment_id).first()
        if kept is not None:
            if kept.is_spam == is_spam and bytes(kept.features) == features:
                return False
            _count(kept, -1)
            kept.delete()
        if is_spam is not None:
            lesson = Lesson(comment_id=comment_id, forum_id=forum_id, is_spam=is_spam, features=features)
            lesson.save(force_insert=True)
            _count(lesson, 1)
    return True


def teach_all(*, forum: Forum) -> int:
    """Learn from all that was ever decided on a forum.

    Returns:
        From how many comments something was learned that was not known.
    """
    decided = (
        Decision.objects.of(forum).exclude(by=None).filter(verdict__in={verdict for verdict, _ in TEACHES})
    )
    rows = range_iter(decided.only("forum_id", "comment_id"))
    return sum(teach(forum_id=forum.pk, comment_id=row.comment_id) for row in rows if row.comment_id)


def _taught_by(comment: Comment) -> bool | None:
    """Whether a moderator's last word was that it is spam, or good; None if it was neither."""
    said = Decision.objects.of(comment.forum_id).filter(comment=comment.pk).exclude(by=None)
    last = (
        said.exclude(verdict="edit").order_by("-decided_at", "-id").values_list("verdict", flat=True).first()
    )
    return TEACHES.get((last or "", Comment.State(comment.state)))


def _take_turns() -> None:
    """One after the other: two who count the same words in another order would wait for each other."""
    Weight.objects.bulk_create([Weight(forum_id=NETWORK, feature=ALL)], ignore_conflicts=True)
    Weight.objects.select_for_update().get(forum_id=NETWORK, feature=ALL)


def _count(lesson: Lesson, by: int) -> None:
    numbers = [ALL, *unpacked(bytes(lesson.features))]
    whose = (NETWORK, lesson.forum_id)
    if by > 0:
        _make(whose, numbers)
    column = "spam" if lesson.is_spam else "good"
    rows = Weight.objects.filter(forum_id__in=whose, feature__in=numbers)
    rows.update(**{column: F(column) + by})


def _make(whose: Iterable[int], numbers: Sequence[int]) -> None:
    rows = [Weight(forum_id=each, feature=number) for each in whose for number in numbers]
    Weight.objects.bulk_create(rows, ignore_conflicts=True)
