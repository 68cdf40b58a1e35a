"""What an operator does about a kind of errors: one button each."""

from datetime import timedelta

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from descant.operate.pages.asking import for_operators
from django_headroom.operations.errors.judging import (
    NoSuchKind,
    ignore,
    mark_seen,
    merge,
    reopen,
    resolve,
    split,
)
from django_headroom.operations.errors.storing import NEXT

DAYS_IGNORED = {"day": 1, "week": 7, "month": 30}
MORE_IGNORED = {"hundred": 100}
LONGEST_NUMBER = 18  # digits, as databases take them


@require_POST
@for_operators
def judge(request: HttpRequest, number: int) -> HttpResponse:
    """Seen, resolved now or in the next release, ignored for a while or for some more of it, open again."""
    act = request.POST.get("act", "")
    if act in DAYS_IGNORED:
        changed = ignore([number], until=timezone.now() + timedelta(days=DAYS_IGNORED[act]))
    elif act in MORE_IGNORED:
        changed = ignore([number], more=MORE_IGNORED[act])
    elif act in ("resolve", "resolve_next"):
        changed = resolve([number], release=NEXT if act == "resolve_next" else "")
    elif act == "reopen":
        changed = reopen([number])
    else:
        changed = mark_seen([number])
    if not changed:
        messages.warning(request, gettext("Somebody else was faster: nothing was changed."))
    return redirect("operate_error", number=number)


@require_POST
@for_operators
def gather(request: HttpRequest, number: int) -> HttpResponse:
    """Merge this kind into another, or split off one that was merged into it."""
    into, merged = _number(request, "into"), _number(request, "split")
    if merged:
        if not split([merged]):
            messages.warning(request, gettext("Somebody else was faster: nothing was changed."))
        return redirect("operate_error", number=number)
    try:
        merge([number], into=into)
    except NoSuchKind:
        messages.warning(request, gettext("There is no other kind of this number: nothing was changed."))
        return redirect("operate_error", number=number)
    return redirect("operate_error", number=into)


def _number(request: HttpRequest, name: str) -> int:
    written = request.POST.get(name, "").strip().removeprefix("#")
    is_number = written.isascii() and written.isdecimal() and len(written) <= LONGEST_NUMBER
    return int(written) if is_number else 0
