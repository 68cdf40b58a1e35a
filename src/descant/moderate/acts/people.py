"""Acts about people: banned, bans lifted, appeals answered."""

from datetime import datetime, timedelta

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from descant.discussion.deciding import answer_appeal
from descant.discussion.deciding.banning import address_range, author_of, ban_person, lift_ban
from descant.discussion.models import Appeal
from descant.forums.models import Ban
from descant.moderate.acts.comments import text_in
from descant.moderate.acts.telling import Told, tell
from descant.moderate.asking import Desk, at_the_desk
from descant.moderate.refusing import BadRequest

# How long a ban may be, in days; nothing: for good.
DAYS = {"1": 1, "7": 7, "30": 30, "365": 365}


@require_POST
@at_the_desk
def ban(desk: Desk) -> HttpResponse:
    """Keep the author of a comment, or a range of addresses, from writing."""
    request = desk.request
    written = text_in(request, "range").strip()
    if written:
        forum, whom = desk.forum(text_in(request, "forum")), address_range(written)
    else:
        comment = desk.comment(text_in(request, "item"))
        forum = desk.forum(text_in(request, "item").partition(":")[0])
        whom = author_of(comment, text_in(request, "kind"))
    made = ban_person(
        forum=forum,
        whom=whom,
        by=desk.author(forum),
        reason=text_in(request, "reason"),
        until=_until(text_in(request, "days")),
        is_shadow=text_in(request, "secret") == "yes",
    )
    return tell(desk, Told(_("Banned: %(whom)s.") % {"whom": made.shown}, changed=1))


@require_POST
@at_the_desk
def lift(desk: Desk) -> HttpResponse:
    """End a ban before its time."""
    forum = desk.forum(text_in(desk.request, "forum"))
    found = Ban.objects.get(forum=forum, pk=_id(text_in(desk.request, "ban")))
    done = lift_ban(forum=forum, ban=found, by=desk.author(forum))
    words = _("The ban is lifted: %(whom)s.") if done else _("Somebody has lifted this ban meanwhile.")
    return tell(desk, Told(words % {"whom": found.shown} if done else words, changed=int(done)))


@require_POST
@at_the_desk
def answer(desk: Desk) -> HttpResponse:
    """Answer an appeal; granted, its comment is shown again."""
    forum = desk.forum(text_in(desk.request, "forum"))
    rows = Appeal.objects.of(forum).select_related("comment__thread")
    granted = text_in(desk.request, "granted") == "yes"
    batch = answer_appeal(
        forum=forum,
        appeal=rows.get(pk=_id(text_in(desk.request, "appeal"))),
        by=desk.author(forum),
        answer=text_in(desk.request, "answer"),
        granted=granted,
    )
    words = _("Answered. The comment is shown again.") if granted else _("Answered. The decision stays.")
    return tell(desk, Told(words, batch if granted else None, 1))


def _until(days: str) -> datetime | None:
    if not days:
        return None
    if days not in DAYS:
        raise BadRequest(_("Say until when: choose one of the times."))
    return timezone.now() + timedelta(days=DAYS[days])


def _id(written: str) -> int:
    return int(written) if written.isdecimal() and len(written) <= 18 else 0
