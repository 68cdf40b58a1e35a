"""The frame's calls for a moderator, and those that are only hers: flag, pin, ban."""

from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from descant.discussion.deciding import appeal_against, pin_comment
from descant.discussion.deciding.banning import RANGE, author_of, ban_person
from descant.discussion.flagging import flag_comment
from descant.discussion.models import Comment
from descant.embed.acts import comment_in
from descant.embed.calling import Asking, Body, call, text_in
from descant.embed.refusing import BadCall
from descant.forums.models import Ban

BAN_DAYS = ("1", "7", "30")
FOR_GOOD = "0"


@call
def flag(asking: Asking, body: Body) -> Body:
    """Ask a moderator to look at a comment, and say why."""
    comment = comment_in(asking, body)
    reason, note = text_in(body, "reason"), text_in(body, "note")
    flag_comment(forum=asking.forum, comment=comment, author=asking.author, reason=reason, note=note)
    return {"state": comment.state}


@call
def pin(asking: Asking, body: Body) -> Body:
    """Pin a comment to the top of its thread."""
    comment = comment_in(asking, body)
    pin_comment(forum=asking.forum, thread=comment.thread, comment=comment, by=asking.author)
    return {"pinned": str(comment.pk)}


@call
def ban(asking: Asking, body: Body) -> Body:
    """Keep the author of a comment from writing, by who she is or whence it came."""
    comment = comment_in(asking, body)
    days = text_in(body, "days", FOR_GOOD)
    if days not in (*BAN_DAYS, FOR_GOOD):
        raise BadCall(_("A ban is for a day, a week, a month or for good."))
    until = None if days == FOR_GOOD else timezone.now() + timedelta(days=int(days))
    ban_person(
        forum=asking.forum,
        whom=author_of(comment, _kind_in(body, comment)),
        by=asking.author,
        reason=text_in(body, "reason"),
        until=until,
    )
    return {"banned": True}


@call
def appeal(asking: Asking, body: Body) -> Body:
    """Ask a moderator to look again at what was decided about one's own comment."""
    comment = comment_in(asking, body)
    appeal_against(forum=asking.forum, comment=comment, author=asking.author, said=text_in(body, "said"))
    return {"asked": True}


def _kind_in(body: Body, comment: Comment) -> str:
    kind = text_in(body, "kind", "author")
    if kind == "author":
        return (Ban.Kind.ACCOUNT if comment.author_id else Ban.Kind.GUEST).value
    if kind not in (Ban.Kind.ADDRESS.value, RANGE):
        raise BadCall(_("A ban is by who wrote it, or by the address it came from."))
    return kind
