"""The queue: a list on the left, one comment with all that is known of it on the right."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from descant.discussion.deciding.comments import BEFORE
from descant.discussion.reading.by_time import Moment
from descant.moderate.acts.many import seen_as
from descant.moderate.asking import FORUMS_MOST, Desk, at_the_desk
from descant.moderate.pages.drawing import VERDICTS, draw
from descant.moderate.queue.choosing import STATES, TABS, Chosen
from descant.moderate.queue.listing import read_queue
from descant.moderate.queue.near import look_near
from descant.moderate.queue.reasons import known_reasons, reasons_of

TAB_WORDS = {
    "waiting": gettext_lazy("Waiting"),
    "flagged": gettext_lazy("Flagged"),
    "spam": gettext_lazy("Spam"),
    "hidden": gettext_lazy("Hidden"),
    "deleted": gettext_lazy("Deleted"),
    "all": gettext_lazy("All"),
}


@require_safe
@at_the_desk
def queue(desk: Desk) -> HttpResponse:
    """A page of the queue; ``at`` names the comment that is seen from near."""
    asked = desk.request.GET
    chosen = Chosen.of(asked)
    page = read_queue(desk.looked_at(chosen.forum), chosen, Moment.read(asked.get("after", "")))
    names = {forum.pk: name for name, forum in desk.forums.items()}
    return draw(
        desk,
        "queue.html",
        {
            "chosen": chosen,
            "page": page,
            **(_near(desk, asked["at"]) if "at" in asked else {}),
            "at": asked.get("at", ""),
            "bulk": _able(STATES[chosen.tab]),
            "tabs": {tab: TAB_WORDS[tab] for tab in TABS},
            "names": names,
            "known_reasons": known_reasons([row.comment for row in page.rows]),
            "reasons_of": reasons_of,
            "seen_as": seen_as,
            "author_of": {name: desk.author(forum) for name, forum in desk.forums.items()},
            "until": timezone.now().isoformat(),
            "is_cut": not chosen.forum and len(desk.forums) > FORUMS_MOST,
            "here": f"/moderate/{chosen.query()}",
        },
    )


@require_safe
@at_the_desk
def near(desk: Desk) -> HttpResponse:
    """One comment from near, as a part of the page, for its script."""
    back = desk.request.GET.get("back", "/moderate/")
    given = _near(desk, desk.request.GET.get("item", ""))
    return draw(desk, "_near.html", {**given, "seen_as": seen_as, "back": back})


def _near(desk: Desk, written: str) -> dict[str, Any]:
    item = desk.item(written)
    found = look_near(item.forum, item.comment_id, desk.author(item.forum))
    return {"near": found, "with_alike": item.with_alike}


def _able(states: Sequence[str]) -> list[str]:
    """What can be decided about comments of these states; what can be approved is not offered to be restored too."""
    able = [verdict for verdict in VERDICTS if not BEFORE[verdict].isdisjoint(states)]
    return [verdict for verdict in able if verdict != "restore" or "approve" not in able or len(states) > 1]
