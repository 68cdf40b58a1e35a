"""A page of the queue: its rows and the numbers of its tabs, each partition asked once, cut by a key."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from descant.discussion.models import Comment
from descant.discussion.reading.by_time import Moment
from descant.forums.models import Forum
from descant.moderate.queue.choosing import STATES, TABS, Chosen, shown_among
from descant.moderate.queue.gathering import Number, Row, Wanted, ask, merged
from django_headroom.joins import attach
from django_headroom.replicas import read

LINES = 50
# What is counted, from which the numbers of all tabs follow.
COUNTED = ("shown", *TABS[:-1])


@dataclass(frozen=True)
class Page:
    """Rows with their authors; ``numbers`` by tab, and ``waiting`` by forum, of all that were looked at."""

    rows: Sequence[Row] = ()
    numbers: Mapping[str, Number] = field(default_factory=dict)
    waiting: Mapping[int, Number] = field(default_factory=dict)
    next: str = ""


def read_queue(forums: Sequence[Forum], chosen: Chosen, after: Moment | None = None) -> Page:
    """A page of the queue of some forums.

    Args:
        forums: all that are looked at; numbers are of these.
        after: where it begins, as an earlier page said.
    """
    parts, counted = [], {}
    for partition, there in _by_partition(forums).items():
        rows, numbers = read(partition, partial(_ask, there, chosen, after))
        parts.append(rows)
        counted.update(numbers)
    found = merged(parts, newest=chosen.newest, limit=LINES + 1)
    last = found[LINES - 1].comment if len(found) > LINES else None
    attach([row.comment for row in found[:LINES]], "author", missing="none")
    return Page(
        found[:LINES],
        _of_tabs(counted),
        {forum.pk: counted[forum.pk, "waiting"] for forum in forums},
        str(Moment(last.created_at, last.pk)) if last else "",
    )


def count_tabs(forums: Sequence[Forum]) -> dict[str, Number]:
    """The numbers of the tabs alone."""
    return dict(read_queue(forums, Chosen(flood=0)).numbers)


def _ask(forums: Sequence[Forum], chosen: Chosen, after: Moment | None, alias: str) -> Any:
    rows = [each for forum in forums for each in chosen.rows(forum, alias, after)]
    numbers = {(forum.pk, name): _counted(forum, name, alias) for forum in forums for name in COUNTED}
    return ask(alias, Wanted(rows, numbers, chosen.newest, LINES + 1, looked_at=chosen.tab == "flagged"))


def _counted(forum: Forum, name: str, alias: str) -> Any:
    rows = Comment.objects.using(alias).filter(forum=forum)
    if name == "flagged":
        return shown_among(rows.filter(needs_look=True))
    return rows.filter(state=name)


def _of_tabs(counted: Mapping[tuple[int, str], Number]) -> dict[str, Number]:
    by_name: dict[str, Number] = defaultdict(Number)
    for (_forum, name), number in counted.items():
        by_name[name] += number
    every = sum((by_name[str(state)] for state in STATES["all"]), Number())
    return {**{tab: by_name[tab] for tab in TABS}, "all": every}


def _by_partition(forums: Sequence[Forum]) -> dict[str, list[Forum]]:
    found: dict[str, list[Forum]] = defaultdict(list)
    for forum in forums:
        found[forum.partition].append(forum)
    return found
