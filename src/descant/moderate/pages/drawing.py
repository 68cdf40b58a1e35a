"""Pages drawn: what all of them are given, and the words that several say."""

from collections.abc import Callable
from typing import Any

from django.contrib.messages import get_messages
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy

from descant.discussion.seeing import may_see
from descant.moderate.asking import Desk
from descant.moderate.pages.sentences import sentence
from descant.moderate.queue.choosing import Chosen
from descant.moderate.queue.near import is_in_force
from descant.moderate.queue.reasons import FLAGS, STATES
from descant.moderate.refusing import spoken

# What a verdict is called on its button, and its key.
VERDICTS = {
    "approve": (gettext_lazy("Approve"), "a"),
    "spam": (gettext_lazy("Spam"), "s"),
    "delete": (gettext_lazy("Delete"), "d"),
    "hide": (gettext_lazy("Hide"), "h"),
    "restore": (gettext_lazy("Restore"), "r"),
}


def draw(desk: Desk, template: str, given: dict[str, Any], status: int = 200) -> HttpResponse:
    """A page, or a part of one."""
    every = {
        "desk": desk,
        **spoken(),
        "said": get_messages(desk.request),
        "may_see": may_see,
        "back": desk.request.get_full_path(),
        "verdicts": VERDICTS,
        "sentence": sentence,
        "flag_words": FLAGS,
        "state_words": STATES,
        "is_in_force": is_in_force,
        "link": _link,
        **given,
    }
    return render(desk.request, f"moderate/{template}", every, status=status, using="jinja2")


def _link(chosen: Chosen) -> Callable[..., str]:
    return lambda **more: f"/moderate/{chosen.query(**more)}"
