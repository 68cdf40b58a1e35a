"""What a forum tells everybody of its moderation: counts by month, and how long it took. Nobody is named."""

import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from statistics import median

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_safe

from descant.discussion.models import Comment, Decision
from descant.forums.directory import UnknownForum, forum_named
from descant.forums.models import Ban, Forum
from descant.moderate.pages.sentences import BANS, COUNTED
from descant.moderate.queue.reasons import CODES
from descant.moderate.refusing import spoken
from django_headroom.replicas import read

MONTHS = 12
READ_MOST = 50_000  # decisions, the newest; before these the page says no more
KEPT_SECONDS = 300.0
KEPT_MOST = 1_000
RULE_WORDS = {"": gettext_lazy("A rule of the forum")}


@dataclass
class Month:
    """One month of one forum."""

    begins: datetime
    verdicts: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    waited: list[float] = field(default_factory=list)  # minutes that held comments waited
    bans: Counter[str] = field(default_factory=Counter)

    @property
    def name(self) -> str:
        return date_format(self.begins, "YEAR_MONTH_FORMAT")

    @property
    def wait(self) -> str:
        """The median of what held comments waited, in words."""
        minutes = round(median(self.waited)) if self.waited else 0
        if minutes < 1:
            return _("less than a minute")
        if minutes < 120:
            return ngettext("%(num)s minute", "%(num)s minutes", minutes) % {"num": minutes}
        hours = minutes // 60
        if hours < 48:
            return ngettext("%(num)s hour", "%(num)s hours", hours) % {"num": hours}
        return ngettext("%(num)s day", "%(num)s days", hours // 24) % {"num": hours // 24}


_kept: dict[int, tuple[list[Month], float]] = {}


@require_safe
def transparency(request: HttpRequest, name: str) -> HttpResponse:
    """The page, if the owner wants everybody to read it; else there is none."""
    try:
        forum = forum_named(name)
    except UnknownForum:
        raise Http404 from None
    if not forum.is_transparent:
        raise Http404
    given = {
        "forum": forum,
        "months": months_of(forum),
        "told": COUNTED,
        "reason_words": CODES | RULE_WORDS,
        "ban_words": BANS,
        **spoken(),
    }
    response = render(request, "moderate/transparency.html", given, using="jinja2")
    response.headers["Cache-Control"] = f"public, max-age={int(KEPT_SECONDS)}"
    return response


def months_of(forum: Forum) -> list[Month]:
    """The last months, the newest first; kept in the process for a while, for the page is anybody's to ask."""
    found, until = _kept.get(forum.pk, ([], 0.0))
    if until < time.monotonic():
        if len(_kept) >= KEPT_MOST:
            _kept.clear()
        found = read(forum.partition, partial(_count, forum), own=False)
        _kept[forum.pk] = (found, time.monotonic() + KEPT_SECONDS)
    return found


def forget() -> None:
    """Drop all copies of this process."""
    _kept.clear()


def _count(forum: Forum, alias: str) -> list[Month]:
    since = _begin(timezone.now() - timedelta(days=31 * (MONTHS - 1)))
    rows = Decision.objects.using(alias).filter(forum=forum, decided_at__gte=since)
    columns = ("verdict", "before", "decided_at", "comment__created_at", "comment__reasons")
    newest = rows.order_by("-decided_at", "-id").values_list(*columns)[:READ_MOST]
    months: dict[datetime, Month] = {}
    for verdict, before, decided_at, written_at, reasons in newest:
        month = months.setdefault(_begin(decided_at), Month(_begin(decided_at)))
        month.verdicts[verdict] += 1
        if before == Comment.State.WAITING and written_at is not None and verdict != "undo":
            month.waited.append((decided_at - written_at).total_seconds() / 60)
        for reason in _kinds(reasons or ()) if verdict != "undo" else ():
            month.reasons[reason] += 1
    bans = Ban.objects.filter(forum=forum, made_at__gte=since)
    for kind, made_at in bans.values_list("kind", "made_at"):
        months.setdefault(_begin(made_at), Month(_begin(made_at))).bans[kind] += 1
    return sorted(months.values(), key=lambda month: month.begins, reverse=True)


def _kinds(reasons: Iterable[object]) -> set[str]:
    """Codes as they are; of a rule only that there was one, for its title may name somebody. Of secrets nothing."""
    codes = {"" if isinstance(each, dict) else str(each) for each in reasons}
    return {code for code in codes if code in CODES or not code} - {"shadow_ban"}


def _begin(moment: datetime) -> datetime:
    return moment.astimezone(timezone.get_default_timezone()).replace(
        day=1, hour=0, minute=0, second=0, microsecond=0
    )
