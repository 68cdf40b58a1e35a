"""Counts by hour, drawn as a small picture by the server."""

import time
from collections.abc import Iterable, Sequence

from django.db.models import QuerySet
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from django_headroom.operations.errors.models import Hour
from django_headroom.operations.errors.storing import store_at

STEP, HEIGHT = 4, 32


def counts_by_hour(groups: Iterable[int], hours: int) -> dict[int, list[int]]:
    """How often each kind was counted in each of the last hours, the present one last; one query for all kinds."""
    now = int(time.time() // 3_600)
    found = {key: [0] * hours for key in groups}
    rows: QuerySet[Hour] = Hour.objects.using(store_at()).filter(group__in=list(found), hour__gt=now - hours)
    for group, hour, count in rows.values_list("group_id", "hour", "count"):
        if hour <= now:
            found[group][hours - 1 - (now - hour)] = count
    return found


def sparkline(counts: Sequence[int], words: str) -> SafeString:
    """A bar for each hour; ``words`` say what is seen, for whoever does not see it."""
    most = max(*counts, 1)
    bars = [
        (number * STEP, max(2, round(HEIGHT * count / most))) for number, count in enumerate(counts) if count
    ]
    drawn = format_html_join(
        "",
        '<rect x="{}" y="{}" width="3" height="{}"/>',
        ((x, HEIGHT - height, height) for x, height in bars),
    )
    return format_html(
        '<svg class="spark" viewBox="0 0 {} {}" role="img" preserveAspectRatio="none"><title>{}</title>{}'
        '<path d="M0 {}.5H{}"/></svg>',
        len(counts) * STEP,
        HEIGHT + 1,
        words,
        drawn,
        HEIGHT,
        len(counts) * STEP,
    )
