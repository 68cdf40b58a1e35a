"""What goes wrong, by kind; and one kind with the errors of it that were kept whole."""

from collections import Counter
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.http import require_safe

from descant.operate.pages.asking import draw, for_operators
from descant.operate.pages.errors.sparkline import counts_by_hour, sparkline
from descant.operate.pages.errors.telling import chain_of, facts_of, statements_of
from django_headroom.operations.errors.models import Group, Groups, Merged, Occurrence, State, Touched
from django_headroom.operations.errors.storing import store_at

A_PAGE = 50
HOURS_LISTED, HOURS_SHOWN = 24, 168
NAMES = {
    State.NEW: gettext_lazy("new"),
    State.SEEN: gettext_lazy("seen"),
    State.RESOLVED: gettext_lazy("resolved"),
    State.REGRESSED: gettext_lazy("come back"),
    State.IGNORED: gettext_lazy("ignored"),
}
VIEWS = (
    ("open", gettext_lazy("Open")),
    ("resolved", gettext_lazy("Resolved")),
    ("ignored", gettext_lazy("Ignored")),
)


@require_safe
@for_operators
def errors(request: HttpRequest) -> HttpResponse:
    """The kinds of errors, those that came last first."""
    chosen = request.GET.get("state", "open")
    found = list(_chosen(chosen).latest_first()[:A_PAGE])
    by_hour = counts_by_hour([each.pk for each in found], HOURS_LISTED)
    people = _touched([each.pk for each in found], Touched.Kind.PERSON)
    rows = [_row(each, by_hour[each.pk], people[each.pk]) for each in found]
    return draw(request, "errors.html", {"rows": rows, "views": VIEWS, "chosen": chosen})


@require_safe
@for_operators
def error(request: HttpRequest, number: int) -> HttpResponse:
    """One kind: how often and when, whom it touched, and one of it whole."""
    group = Group.objects.using(store_at()).filter(pk=number).first()
    if group is None:
        raise Http404
    kept = list(
        Occurrence.objects.using(store_at())
        .filter(group=group)
        .order_by("-at", "-pk")
        .values_list("pk", flat=True)
    )
    asked = request.GET.get("kept", "")
    chosen = int(asked) if asked.isdecimal() and int(asked) in kept else next(iter(kept), None)
    whole = Occurrence.objects.using(store_at()).get(pk=chosen) if chosen else None
    counts = counts_by_hour([group.pk], HOURS_SHOWN)[group.pk]
    body: dict[str, Any] = whole.body if whole and isinstance(whole.body, dict) else {}
    given = {
        **_row(group, counts, _touched([group.pk], Touched.Kind.PERSON)[group.pk]),
        "forums": _touched([group.pk], Touched.Kind.TENANT)[group.pk],
        "kept": kept,
        "merged": Merged.objects.using(store_at()).filter(group=group).order_by("title", "pk"),
        "issue": _issue_of(group),
        "whole": whole,
        "chain": chain_of(body),
        "facts": facts_of(body),
        "statements": statements_of(body),
    }
    return draw(request, "error.html", given)


def _issue_of(group: Group) -> str:
    """The address at which the team's tracker takes an issue of this kind, with a link back."""
    link = f"{settings.DESCANT_URL}{reverse('operate_error', kwargs={'number': group.pk})}"
    title = f"{group.title} in {group.culprit}" if group.culprit else group.title
    tracker: str = settings.DESCANT_ERRORS_TRACKER
    return tracker.replace("{title}", quote(title, safe="")).replace("{link}", quote(link, safe=""))


def _chosen(view: str) -> Groups:
    groups: Groups = Group.objects.using(store_at())
    if view in (State.RESOLVED, State.IGNORED):
        return groups.filter(state=view)
    return groups.open()


def _row(group: Group, counts: list[int], people: int) -> dict[str, Any]:
    day = sum(counts[-24:])
    words = gettext("%(count)d in the last 24 hours") % {"count": day}
    return {
        "group": group,
        "state": NAMES[State(group.state)],
        "spark": sparkline(counts, words),
        "hour": counts[-1],
        "day": day,
        "people": people,
    }


def _touched(groups: Iterable[int], kind: Touched.Kind) -> Counter[int]:
    rows = Touched.objects.using(store_at()).filter(group__in=list(groups), kind=kind)
    return Counter(dict(rows.values_list("group_id").annotate(Count("pk")).order_by()))
