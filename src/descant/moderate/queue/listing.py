"""A page of the queue: its rows and the numbers of its tabs, each partition asked once, cut by a key."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from operator import attrgetter, ge, le
from typing import Any

from descant.discussion.models import Comment
from descant.discussion.reading.by_time import Moment
from descant.forums.models import Forum
from descant.moderate.queue.choosing import LOOKED_MOST, STATES, TABS, Chosen, shown_among
from descant.moderate.queue.gathering import Found, Number, Row, Wanted, ask, merged
from django_headroom.joins import attach
from django_headroom.replicas import read

LINES = 50
# What is counted, from which the numbers of all tabs follow.
COUNTED = ("shown", *TABS[:-1])


@dataclass(frozen=True)
class Page:
    """Rows with their authors; ``numbers`` by tab, and ``waiting`` by forum, of all that were looked at.

    Where it is looked for a reason a page may end before it is full: then ``is_cut`` says so, and ``next`` goes on.
    """

    rows: Sequence[Row] = ()
    numbers: Mapping[str, Number] = field(default_factory=dict)
    waiting: Mapping[int, Number] = field(default_factory=dict)
    next: str = ""
    is_cut: bool = False


def read_queue(forums: Sequence[Forum], chosen: Chosen, after: Moment | None = None) -> Page:
    """A page of the queue of some forums.

    Args:
        forums: all that are looked at; numbers are of these.
        after: where it begins, as an earlier page said.
    """
    looked = max(LINES, LOOKED_MOST // max(1, len(forums) * len(STATES[chosen.tab])))
    parts = [
        read(partition, partial(_ask, there, chosen, after, looked))
        for partition, there in _by_partition(forums).items()
    ]
    counted = {name: number for part in parts for name, number in part.numbers.items()}
    ends = [end for part in parts for end in part.ends]
    found = merged([part.rows for part in parts], newest=chosen.newest, limit=LINES + 1)
    end = (max if chosen.newest else min)(ends, key=attrgetter("at", "id"), default=None)
    if end is not None:  # beyond it some states were looked through and others not
        side = ge if chosen.newest else le
        found = [row for row in found if side((row.comment.created_at, row.comment.pk), (end.at, end.id))]
    is_full = len(found) > LINES
    last = found[LINES - 1].comment if is_full else None
    attach([row.comment for row in found[:LINES]], "author", missing="none")
    return Page(
        found[:LINES],
        _of_tabs(counted),
        {forum.pk: counted[forum.pk, "waiting"] for forum in forums},
        str(Moment(last.created_at, last.pk) if last else end or ""),
        is_cut=not is_full and end is not None,
    )


def count_tabs(forums: Sequence[Forum]) -> dict[str, Number]:
    """The numbers of the tabs alone."""
    return dict(read_queue(forums, Chosen(flood=0)).numbers)


def _ask(forums: Sequence[Forum], chosen: Chosen, after: Moment | None, looked: int, alias: str) -> Found:
    rows = [each for forum in forums for each in chosen.rows(forum, alias, after, looked)]
    numbers = {(forum.pk, name): _counted(forum, name, alias) for forum in forums for name in COUNTED}
    windows = [each for forum in forums for each in chosen.windows(forum, alias, after)]
    ends = [chosen.in_order(each)[looked - 1 : looked] for each in windows]
    wanted = Wanted(rows, numbers, chosen.newest, LINES + 1, looked_at=chosen.tab == "flagged")
    return ask(alias, replace(wanted, ends=ends if chosen.is_looked_for else ()))


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
