"""How fast is the site? Rates, times, queries and calls by route and release, drawn over the last hour, day or week."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from descant.operate.pages.asking import draw, for_operators
from descant.operate.pages.charts import Axis, Chart, Values, each_of
from django_headroom.operations.performance.reading import Chosen, Figures, beginning, readings, releases
from django_headroom.operations.performance.slow import slow_statements

SPANS = {
    "hour": (timedelta(hours=1), timedelta(minutes=1), gettext_lazy("Hour")),
    "day": (timedelta(days=1), timedelta(minutes=15), gettext_lazy("Day")),
    "week": (timedelta(days=7), timedelta(hours=2), gettext_lazy("Week")),
}
ROWS_MOST, SLOW_MOST = 60, 10
Asked = dict[str, str]


@require_safe
@for_operators
def performance(request: HttpRequest) -> HttpResponse:
    """All routes, or one, or one in one release."""
    over = request.GET.get("over", "")
    asked = {"over": over if over in SPANS else "hour"}
    asked |= {name: request.GET[name] for name in ("kind", "route", "release") if request.GET.get(name)}
    length, step, _words = SPANS[asked["over"]]
    until = beginning(timezone.now(), step) + step
    since = until - length
    chosen = Chosen(since, asked.get("kind", ""), asked.get("route", ""), asked.get("release", ""))
    axis = Axis(since, until, step, releases(since))
    steps = chosen.over_time(step)
    route = asked.get("route", "")
    given = {
        "asked": asked,
        "spans": [
            (_address(asked, over=name), name == asked["over"], words) for name, (*_, words) in SPANS.items()
        ],
        "whole": _address({"over": asked["over"]}),
        "axis": axis,
        "charts": [*_of_requests(steps, axis), *([] if route else _of_the_site(axis))],
        "rows": _rows(asked, chosen, length),
        "steps": [(at, each) for at, each in sorted(steps.items(), reverse=True)] if route else [],
        "slow": slow_statements(since.replace(minute=0), route=route)[:SLOW_MOST],
    }
    return draw(request, "performance.html", given)


def _of_requests(steps: dict[Any, Figures], axis: Axis) -> list[Chart]:
    seconds = axis.step.total_seconds()
    timed = {at: each for at, each in steps.items() if each.below(1)}
    parts = [
        (f"p{part}", {at: each.below(part / 100) for at, each in timed.items()}) for part in (50, 95, 99)
    ]
    asked = {at: each for at, each in steps.items() if each.hits}
    lines: list[tuple[str, Any, str, list[Any], bool]] = [
        ("rate", _("Requests and jobs"), "/s", [("", each_of(steps, lambda each: each.n / seconds))], True),
        ("times", _("Time"), "ms", parts, False),
        (
            "queries",
            _("Queries of each"),
            "",
            [("", each_of(timed, lambda each: each.each("queries")))],
            False,
        ),
        ("db", _("In databases, each"), "ms", [("", each_of(timed, lambda each: each.each("db_ms")))], False),
        (
            "calls",
            _("In calls to others, each"),
            "ms",
            [("", each_of(timed, lambda each: each.each("calls_ms")))],
            False,
        ),
        ("errors", _("Errors"), "", [("", each_of(steps, lambda each: each.sums["errors"]))], True),
        (
            "stale",
            _("Answered with something old"),
            "",
            [("", each_of(steps, lambda each: each.sums["stale"]))],
            True,
        ),
        ("hits", _("Found in caches"), "%", [("", each_of(asked, lambda each: each.hits))], False),
    ]
    return [Chart(name, title, unit, drawn, axis, whole) for name, title, unit, drawn, whole in lines]


def _of_the_site(axis: Axis) -> list[Chart]:
    found = readings(axis.since, axis.step)
    titles = [
        ("queue age", _("What waits longest for the worker"), "s"),
        ("replica lag", _("Replicas behind"), "s"),
        ("index residency", _("Indexes read from memory"), "%"),
    ]
    return [
        Chart(name.replace(" ", "-"), title, unit, worst_first(found[name], unit), axis)
        for name, title, unit in titles
        if name in found
    ]


def worst_first(lines: Mapping[str, Values], unit: str) -> list[tuple[str, Values]]:
    """The first of several are named beside their chart; of parts in a hundred the lowest is the worst."""
    sign = 1 if unit == "%" else -1
    return sorted(lines.items(), key=lambda line: (sign * line[1][max(line[1])], line[0]))


def _rows(asked: Asked, chosen: Chosen, length: timedelta) -> list[dict[str, Any]]:
    """By route; of one route by release. Each leads to what it is made of."""
    found = chosen.by("kind", "route", "release") if chosen.route else chosen.by("kind", "route")
    rows = []
    for keys, each in sorted(found.items(), key=lambda one: (-one[1].sums["wall_ms"], one[0]))[:ROWS_MOST]:
        named = dict(zip(("kind", "route", "release"), keys, strict=False))
        rows.append(
            {
                **named,
                "address": _address(asked, **named),
                "rate": each.n / length.total_seconds(),
                "figures": each,
                "is_timed": bool(each.below(1)),
                "times": [each.below(part) for part in (0.5, 0.95, 0.99)],
                "queries": each.each("queries"),
                "db": each.each("db_ms"),
                "calls": each.each("calls_ms"),
                "cpu": each.each("cpu_ms"),
                "errors": int(each.sums["errors"]),
            }
        )
    return rows


def _address(asked: Asked, **other: str) -> str:
    return f"?{urlencode({**asked, **other})}"
