"""What happens after: what waits to be told, what was tried in vain and may be told again, which jobs did not run."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe

from descant.operate.commands import jobs
from descant.operate.letters import NoLetter, chosen
from descant.operate.pages.asking import draw, for_operators
from descant.operate.upgrading import aliases
from django_headroom.delayed.jobs.scheduling import job_states
from django_headroom.delayed.letters import Queue, dead_letters, drop, queues, replay
from django_headroom.delayed.models import Event, Lane

DECLARED_BY = jobs.DECLARED_BY
LETTERS_MOST = 50
LANES = {
    Lane.HIGH: gettext_lazy("urgent"),
    Lane.LOW: gettext_lazy("soon"),
    Lane.BULK: gettext_lazy("whenever"),
}


@dataclass(frozen=True)
class Letter:
    """One dead letter, as it is shown."""

    alias: str
    event: Event

    @property
    def name(self) -> str:
        return f"{self.alias}:{self.event.pk}"

    @property
    def last_line(self) -> str:
        return self.event.error.strip().rpartition("\n")[2]

    @property
    def said(self) -> str:
        return json.dumps(self.event.payload, ensure_ascii=False, indent=1)


@dataclass
class Found:
    """What the databases say; those that do not answer are named."""

    queues: list[Queue] = field(default_factory=list)
    letters: list[Letter] = field(default_factory=list)
    away: list[str] = field(default_factory=list)

    @property
    def lanes(self) -> Sequence[dict[str, Any]]:
        """All databases together."""
        return [_sum(lane, [each for each in self.queues if each.lane == lane]) for lane in Lane]

    @property
    def dead(self) -> int:
        return sum(queue.dead for queue in self.queues)


@require_safe
@for_operators
def events(request: HttpRequest) -> HttpResponse:
    """What waits, what is dead, and how the jobs are."""
    found = _found()
    found_jobs = job_states()
    late = [state for state in found_jobs if state.is_late]
    return draw(
        request, "events.html", {"found": found, "jobs": found_jobs, "late": late, "now": timezone.now()}
    )


@require_POST
@for_operators
def letters(request: HttpRequest) -> HttpResponse:
    """Tell letters again, or drop them: one, or all."""
    words = None if request.POST.get("letter") == "all" else request.POST.getlist("letter")
    try:
        keys = chosen(words)
    except NoLetter as error:
        raise Http404 from error
    if request.POST.get("act") == "drop":
        count = sum(drop(alias, some) for alias, some in keys.items())
        said = ngettext("%(count)s letter is dropped.", "%(count)s letters are dropped.", count)
    else:
        count = sum(replay(alias, some) for alias, some in keys.items())
        said = ngettext("%(count)s letter is told again.", "%(count)s letters are told again.", count)
    messages.success(request, said % {"count": count} if count else _("Somebody else has done it already."))
    return redirect("operate_events")


def _found() -> Found:
    found = Found()
    for alias in aliases():
        try:
            found.queues += queues(alias)
            found.letters += [Letter(alias, event) for event in dead_letters(alias)[:LETTERS_MOST]]
        except (OperationalError, InterfaceError):
            found.away.append(alias)
    found.letters.sort(key=lambda letter: letter.event.dead_at or letter.event.said_at, reverse=True)
    del found.letters[LETTERS_MOST:]
    return found


def _sum(lane: Lane, of_lane: Sequence[Queue]) -> dict[str, Any]:
    oldest: list[datetime] = [each.oldest for each in of_lane if each.oldest is not None]
    return {
        "lane": LANES[lane],
        "name": lane.name.lower(),
        "due": sum(each.due for each in of_lane),
        "later": sum(each.later for each in of_lane),
        "dead": sum(each.dead for each in of_lane),
        "oldest": min(oldest, default=None),
        "queues": of_lane,
    }
