"""What an operator does about a kind of errors: one button each."""

from datetime import timedelta

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from descant.operate.pages.asking import for_operators
from django_headroom.operations.errors.judging import ignore, mark_seen, reopen, resolve
from django_headroom.operations.errors.storing import NEXT

DAYS_IGNORED = {"day": 1, "week": 7, "month": 30}


@require_POST
@for_operators
def judge(request: HttpRequest, number: int) -> HttpResponse:
    """Seen, resolved now or in the next release, ignored for a while, open again."""
    act = request.POST.get("act", "")
    if act in DAYS_IGNORED:
        changed = ignore([number], until=timezone.now() + timedelta(days=DAYS_IGNORED[act]))
    elif act in ("resolve", "resolve_next"):
        changed = resolve([number], release=NEXT if act == "resolve_next" else "")
    elif act == "reopen":
        changed = reopen([number])
    else:
        changed = mark_seen([number])
    if not changed:
        messages.warning(request, gettext("Somebody else was faster: nothing was changed."))
    return redirect("operate_error", number=number)
