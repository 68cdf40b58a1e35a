"""Acts about comments: decided, undone, edited for their author, pinned."""

import uuid
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from descant.discussion.deciding import edit_for_author, pin_comment, undo_step
from descant.discussion.deciding.undoing import NothingToUndo
from descant.discussion.models import Decision
from descant.forums.models import Forum
from descant.moderate.acts.many import Done, Verdict, decide_items, decide_matching
from descant.moderate.acts.telling import Told, tell
from descant.moderate.asking import Desk, at_the_desk
from descant.moderate.queue.choosing import Chosen
from descant.moderate.refusing import BadRequest

ITEMS_MOST = 100
NOTHING = uuid.UUID(int=0)


@require_POST
@at_the_desk
def decide(desk: Desk) -> HttpResponse:
    """A verdict about the comments that were chosen, or about all that match."""
    asked = desk.request.POST
    verdict = Verdict(
        text_in(desk.request, "verdict"),
        text_in(desk.request, "why"),
        uuid_in(desk.request, "batch") or uuid.uuid4(),
    )
    if asked.get("all"):
        done = decide_matching(desk, Chosen.of(asked), _until(asked), verdict)
    else:
        items = [desk.item(written) for written in asked.getlist("item")[:ITEMS_MOST]]
        if not items:
            raise BadRequest(_("Choose a comment first."))
        done = decide_items(desk, items, verdict)
    return tell(desk, _told(done, verdict))


@require_POST
@at_the_desk
def undo(desk: Desk) -> HttpResponse:
    """Take back a batch, on each of her forums that it has touched, a step of it."""
    batch = uuid_in(desk.request, "batch") or NOTHING
    found = _forums_of(desk, batch)
    if not found:
        raise NothingToUndo(_("There is nothing to undo any more."))
    last = _last(desk.request)
    forum = next((each for each in found if each.name == last[0]), found[0]) if last else found[0]
    step = undo_step(
        forum=forum,
        batch=batch,
        by=desk.author(forum),
        reason=text_in(desk.request, "reason"),
        last=last[1] if last else None,
    )
    undone = step.undone + int(text_in(desk.request, "undone") or 0)
    after = found[found.index(forum) + 1 :]
    message = ngettext("%(number)s decision undone.", "%(number)s decisions undone.", undone)
    message = message % {"number": undone} if undone else _("Somebody has undone this meanwhile.")
    more, left = {"undone": str(undone)}, ""
    if step.last is not None:
        more["last"], left = f"{forum.name}~{step.last[0].isoformat()}~{step.last[1]}", _("some")
    elif after:
        more["last"], left = f"{after[0].name}~", _("some")
    return tell(desk, Told(message, changed=step.undone, left=left, more=more))


@require_POST
@at_the_desk
def edit(desk: Desk) -> HttpResponse:
    """Another text in the place of a comment's."""
    comment = desk.comment(text_in(desk.request, "item"))
    forum = desk.forum(text_in(desk.request, "item").partition(":")[0])
    if text_in(desk.request, "was") != str(comment.edited_at or ""):
        return tell(desk, Told(_("Somebody has changed this comment meanwhile: look at it again.")))
    done = edit_for_author(
        forum=forum,
        comment=comment,
        source=text_in(desk.request, "text"),
        by=desk.author(forum),
        reason=text_in(desk.request, "reason"),
    )
    if not done:
        return tell(desk, Told(_("Somebody has changed this comment meanwhile: look at it again.")))
    row = Decision.objects.of(forum).filter(comment=comment, verdict="edit")
    batch = row.order_by("-decided_at", "-id").values_list("batch", flat=True).first()
    return tell(desk, Told(_("The comment is edited, and marked so."), batch, 1))


@require_POST
@at_the_desk
def pin(desk: Desk) -> HttpResponse:
    """Show a comment first in its thread, or no more."""
    comment = desk.comment(text_in(desk.request, "item"))
    forum = desk.forum(text_in(desk.request, "item").partition(":")[0])
    is_pinned = comment.thread.pinned_id == comment.pk
    pin_comment(
        forum=forum, thread=comment.thread, comment=None if is_pinned else comment, by=desk.author(forum)
    )
    return tell(desk, Told(_("The comment is pinned no more.") if is_pinned else _("The comment is pinned.")))


def text_in(request: HttpRequest, name: str) -> str:
    """A field of a form, without NUL, which PostgreSQL cannot keep."""
    return str(request.POST.get(name, "")).replace("\0", "")


def uuid_in(request: HttpRequest, name: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text_in(request, name))
    except ValueError:
        return None


def _until(asked: Any) -> datetime:
    """When the page was made: what came later she has not seen."""
    try:
        until = parse_datetime(asked.get("until", ""))
    except ValueError:
        until = None
    if until is None or until.tzinfo is None:
        raise BadRequest(_("The page says no time: open it again."))
    return min(until, timezone.now())


def _told(done: Done, verdict: Verdict) -> Told:
    words = {
        "approve": ngettext("%(number)s comment approved.", "%(number)s comments approved.", done.changed),
        "spam": ngettext("%(number)s comment called spam.", "%(number)s comments called spam.", done.changed),
        "delete": ngettext("%(number)s comment deleted.", "%(number)s comments deleted.", done.changed),
        "hide": ngettext("%(number)s comment hidden.", "%(number)s comments hidden.", done.changed),
        "restore": ngettext("%(number)s comment restored.", "%(number)s comments restored.", done.changed),
    }
    sentences = [words[verdict.verdict] % {"number": done.changed}] if done.changed else []
    sentences += [done.meanwhile] if done.meanwhile else []
    if not sentences:
        sentences = [_("There was nothing to change.")]
    left = str(done.left) if done.left.value else ""
    return Told(
        " ".join(sentences),
        verdict.batch if done.changed else None,
        done.changed,
        left,
        {"batch": str(verdict.batch)} if left else {},
    )


def _forums_of(desk: Desk, batch: uuid.UUID) -> list[Forum]:
    """Which of her forums a batch has touched; each partition is asked once."""
    found: set[int] = set()
    mine = list(desk.forums.values())
    for partition in {forum.partition for forum in mine}:
        there = [forum.pk for forum in mine if forum.partition == partition]
        rows = Decision.objects.using(partition).filter(forum_id__in=there, batch=batch)
        found |= set(rows.values_list("forum_id", flat=True).distinct())
    return [forum for forum in mine if forum.pk in found]


def _last(request: HttpRequest) -> tuple[str, tuple[datetime, int] | None] | None:
    """Where the step before has ended: a forum, and in it a decision."""
    name, _sign, rest = text_in(request, "last").partition("~")
    moment, _sign, key = rest.partition("~")
    if not name:
        return None
    try:
        decided_at = parse_datetime(moment)
    except ValueError:
        return None
    return name, (decided_at, int(key)) if decided_at and key.isdecimal() else None
