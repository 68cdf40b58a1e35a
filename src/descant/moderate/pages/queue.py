"""The queue: a list on the left, one comment with all that is known of it on the right."""

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from descant.moderate.acts.many import seen_as
from descant.moderate.asking import FORUMS_MOST, Desk, at_the_desk
from descant.moderate.pages.drawing import draw
from descant.moderate.queue.choosing import TABS, Chosen, Cursor
from descant.moderate.queue.listing import read_queue
from descant.moderate.queue.near import Near, look_near
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
    page = read_queue(desk.looked_at(chosen.forum), chosen, Cursor.read(asked.get("after", "")))
    near = _near(desk, asked["at"]) if "at" in asked else None
    names = {forum.pk: name for name, forum in desk.forums.items()}
    return draw(
        desk,
        "queue.html",
        {
            "chosen": chosen,
            "page": page,
            "near": near,
            "at": asked.get("at", ""),
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
    found = _near(desk, desk.request.GET.get("item", ""))
    back = desk.request.GET.get("back", "/moderate/")
    return draw(desk, "_near.html", {"near": found, "seen_as": seen_as, "back": back})


def _near(desk: Desk, written: str) -> Near:
    item = desk.item(written)
    return look_near(item.forum, item.comment_id, desk.author(item.forum))
