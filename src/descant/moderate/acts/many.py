"""Decisions about many comments, in steps with one batch: chosen one by one, by their flood, or by what they match."""

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from descant.discussion.authors import Author
from descant.discussion.deciding import decide
from descant.discussion.deciding.comments import AFTER, BEFORE
from descant.discussion.models import Comment, Decision
from descant.forums.models import Forum
from descant.moderate.asking import Desk, Item, NotYours
from descant.moderate.queue.choosing import STATES, Chosen, shown_among
from descant.moderate.queue.gathering import COUNTED_MOST, Number
from descant.moderate.queue.reasons import STATES as STATE_WORDS
from django_headroom.joins import attach

STEP = 200


@dataclass(frozen=True)
class Verdict:
    """What is decided, and why; ``batch`` is what all its steps are undone by."""

    verdict: str
    reason: str = ""
    batch: uuid.UUID = field(default_factory=uuid.uuid4)


@dataclass
class Done:
    """What a step has changed, what is left for the next, and who was faster."""

    changed: int = 0
    left: Number = field(default_factory=Number)
    meanwhile: str = ""

    def __iadd__(self, other: "Done") -> "Done":
        return Done(self.changed + other.changed, self.left + other.left, self.meanwhile or other.meanwhile)


def decide_items(desk: Desk, items: Sequence[Item], verdict: Verdict) -> Done:
    """Decide about comments, and about whole floods, a step of them.

    Raises:
        NotYours: one of them is not there; then nothing is decided about any.
    """
    by_forum: Mapping[Forum, list[Item]] = defaultdict(list)
    for item in items:
        by_forum[item.forum].append(item)
    found = {forum: _found(forum, its) for forum, its in by_forum.items()}
    done = Done()
    for forum, its in by_forum.items():
        done += _decide_seen(forum, its, found[forum], desk.author(forum), verdict)
    return done


def decide_matching(desk: Desk, chosen: Chosen, until: datetime, verdict: Verdict) -> Done:
    """Decide about what matches a choice and was there when she looked, a step of it."""
    done, room = Done(), STEP
    forums = desk.looked_at(chosen.forum)
    every = [(each, rows) for each in forums for rows in _matching(each, chosen, until, verdict)]
    for forum, rows in every:
        if room <= 0:
            done.left += _count(rows)
            continue
        comments = list(rows.select_related("thread").order_by("created_at", "id")[:room])
        room -= len(comments)
        done += _decide(forum, comments, desk.author(forum), verdict)
        if len(comments) and room <= 0:
            done.left += _count(rows)
    if not done.changed:  # else what can never change would be tried for ever
        done.left = Number()
    return done


def seen_as(comment: Comment) -> str:
    """The state of a comment as the queue has it."""
    if comment.is_shown and comment.needs_look:
        return "flagged"
    return str(comment.state)


def _found(forum: Forum, items: Sequence[Item]) -> dict[int, Comment]:
    ids = {item.comment_id for item in items}
    rows = Comment.objects.of(forum).filter(pk__in=ids).select_related("thread")
    found: dict[int, Comment] = {comment.pk: comment for comment in rows}
    if found.keys() != ids:
        raise NotYours(_("This is not there any more."))
    return found


def _decide_seen(
    forum: Forum, items: Sequence[Item], found: Mapping[int, Comment], by: Author, verdict: Verdict
) -> Done:
    alone = [item for item in items if not item.with_alike]
    as_seen = [found[item.comment_id] for item in alone if seen_as(found[item.comment_id]) == item.seen]
    done = _decide(forum, as_seen, by, verdict)
    if len(as_seen) < len(alone):
        passed = [item.comment_id for item in alone if seen_as(found[item.comment_id]) != item.seen]
        done.meanwhile = done.meanwhile or _who_decided(forum, passed)
    for item in items:
        if item.with_alike:
            done += _decide_alike(forum, item, found[item.comment_id], by, verdict)
    return done


def _decide_alike(forum: Forum, item: Item, first: Comment, by: Author, verdict: Verdict) -> Done:
    state = Comment.State.SHOWN if item.seen == "flagged" else item.seen
    rows = Comment.objects.of(forum).filter(flood=first.flood or 0, state=state)
    if item.seen == "flagged":
        rows = rows.filter(needs_look=True)
    comments = list(rows.select_related("thread").order_by("created_at", "id")[:STEP])
    done = _decide(forum, comments, by, verdict)
    if not comments:
        done.meanwhile = _who_decided(forum, [first.pk])
    if done.changed and len(comments) == STEP:
        done.left = _count(rows)
    return done


def _decide(forum: Forum, comments: Sequence[Comment], by: Author, verdict: Verdict) -> Done:
    changed = decide(
        forum=forum,
        comments=comments,
        verdict=verdict.verdict,
        by=by,
        reason=verdict.reason,
        batch=verdict.batch,
    )
    if changed == len(comments):
        return Done(changed)
    after = AFTER.get(verdict.verdict)
    passed = [comment.pk for comment in comments if comment.state != after or comment.needs_look]
    return Done(changed, meanwhile=_who_decided(forum, passed) if passed else "")


def _matching(forum: Forum, chosen: Chosen, until: datetime, verdict: Verdict) -> list[Any]:
    """What can become so, each state by itself, as the indexes have them.

    What was deleted stays: it is nobody's to see, so nobody can know that it should come back.
    """
    able = BEFORE.get(verdict.verdict, set()) - {Comment.State.DELETED}
    every = []
    for state in (each for each in STATES[chosen.tab] if each in able):
        rows = chosen.matching(forum, forum.partition, state)
        if (verdict.verdict, state) == (
            "approve",
            Comment.State.SHOWN,
        ):  # of what is shown only what is flagged
            rows = shown_among(chosen.matching_any(forum, forum.partition).filter(needs_look=True))
        every.append(rows.filter(created_at__lte=until))
    return every


def _count(rows: Any) -> Number:
    return Number.counted(rows.values_list("pk", flat=True)[: COUNTED_MOST + 1].count())


def _who_decided(forum: Forum, ids: Sequence[int]) -> str:
    """Who was faster, in words."""
    rows = Decision.objects.of(forum).filter(comment__in=ids).order_by("-decided_at", "-id")
    found = attach(rows[:1], "by", missing="none")
    if not found or found[0].by is None:
        return _("This was changed meanwhile: look at it again.")
    state = STATE_WORDS.get(found[0].after, found[0].after)
    return _("%(name)s has decided about this meanwhile. It is now: %(state)s.") % {
        "name": found[0].by,
        "state": state,
    }
