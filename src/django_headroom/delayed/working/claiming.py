"""Taking up what is due: a fair share for each tenant, in order where there is one, by one worker alone.

What is due at once stands together in the index by which a claim goes; what is due later stands behind it, and is
looked at when it has become due, not before.
"""

import uuid
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import zip_longest
from typing import Any

from django.db import connections
from django.utils import timezone

from django_headroom.conf import headroom
from django_headroom.delayed.models import AT_ONCE, Event, Lane

BATCH = 100
TENANTS = 10  # that have their turn in one batch
CANDIDATES = 2 * BATCH  # of each: another worker may be taking up the first of them

RIPE = 1_000  # that become due at once at a time

_FREE = "dead_at IS NULL AND (leased_until IS NULL OR leased_until < %(now)s)"
_OF_LANE = f"lane = %(lane)s AND due_at = %(at_once)s AND {_FREE}"
_NEXT_CHANNEL = (
    f"(SELECT channel FROM delayed_event WHERE {_OF_LANE} AND channel {{0}} ORDER BY channel LIMIT 1)"
)
_CHANNELS = f"""
    WITH RECURSIVE due(in_channel) AS (
        SELECT {_NEXT_CHANNEL.format(">= ''")}
        UNION ALL
        SELECT {_NEXT_CHANNEL.format("> due.in_channel")} FROM due WHERE in_channel IS NOT NULL
    )
    SELECT in_channel FROM due WHERE in_channel IS NOT NULL
"""
_OF_CHANNEL = f"{_OF_LANE} AND channel = %(channel)s"
_RIPE = (
    "SELECT id FROM delayed_event WHERE lane = %(lane)s AND dead_at IS NULL AND due_at > %(at_once)s"
    f" AND due_at <= %(now)s ORDER BY due_at LIMIT {RIPE}"
)
_NEXT_TENANT = (
    f"(SELECT tenant FROM delayed_event WHERE {_OF_CHANNEL} AND tenant {{0}} ORDER BY tenant LIMIT 1)"
)
_TENANTS = f"""
    WITH RECURSIVE turn(of_tenant, number) AS (
        SELECT {_NEXT_TENANT.format(">= %(tenant)s")}, 1
        UNION ALL
        SELECT {_NEXT_TENANT.format("> turn.of_tenant")}, number + 1 FROM turn
        WHERE of_tenant IS NOT NULL AND number < {TENANTS}
    )
    SELECT of_tenant FROM turn WHERE of_tenant IS NOT NULL
"""
_FIRST_ONES = (
    f"SELECT {{0}}, id FROM (SELECT id FROM delayed_event WHERE {_OF_CHANNEL} AND tenant = %(tenant_{{0}})s"
    " AND (order_key = '' OR NOT EXISTS ({1})) ORDER BY id LIMIT {2}) AS of_{0}"
)
_BEFORE_IT = (
    "SELECT 1 FROM delayed_event b WHERE b.order_key = delayed_event.order_key AND NOT (b.order_key = '')"
    " AND b.dead_at IS NULL AND b.only = delayed_event.only AND b.lane <= delayed_event.lane"
    " AND b.id < delayed_event.id AND "
)
_HELD_BACK = f"{_BEFORE_IT} (b.due_at > %(now)s OR b.leased_until >= %(now)s)"
_turns: dict[tuple[str, Lane, str], int] = {}  # the tenant with whom the next batch begins


@dataclass(frozen=True)
class Place:
    """Where something is due."""

    alias: str
    lane: Lane
    channel: str = ""

    def asked(self, now: datetime) -> dict[str, Any]:
        moments = {"now": _moment(self.alias, now), "at_once": _moment(self.alias, AT_ONCE)}
        return {**moments, "lane": int(self.lane), "channel": self.channel}


def channels_due(alias: str, lane: Lane) -> Sequence[str]:
    """In which channels of a lane something is due."""
    now, place = timezone.now(), Place(alias, lane)
    _ripen(place, now)
    return _read(alias, _CHANNELS, place.asked(now))


def claim(place: Place, owner: uuid.UUID) -> Sequence[Event]:
    """Lease what is due in one channel to one owner, at most a batch, and return it in the order in which it was said.

    What is leased or waits to be tried again holds back what comes after it in its order.
    """
    now = timezone.now()
    tenants = _tenants(place, now)
    if not tenants:
        return []
    events = _lease(place.alias, _candidates(place, now, tenants), owner, now)
    return _in_order(place.alias, events, owner)


def lease_end(now: datetime) -> datetime:
    """When a lease that begins or is prolonged now runs out."""
    return now + timedelta(seconds=headroom().delayed_lease_seconds)


def release(alias: str, keys: Collection[int], owner: uuid.UUID) -> None:
    """Give events back that nobody was told of."""
    rows = Event.objects.using(alias).filter(pk__in=keys, leased_by=owner)
    rows.update(leased_by=None, leased_until=None)


def _ripen(place: Place, now: datetime) -> None:
    """Let what has become due be due at once."""
    asked = place.asked(now)
    if not _read(
        place.alias, _RIPE, asked
    ):  # an UPDATE takes a file's one lock, also where it changes nothing
        return
    with connections[place.alias].cursor() as cursor:
        cursor.execute(
            f"UPDATE delayed_event SET due_at = %(at_once)s WHERE id IN ({_RIPE} {_passing_over(place.alias)})",
            asked,
        )


def _tenants(place: Place, now: datetime) -> Sequence[int]:
    """Those whose turn it is, after those who had the last one; from the first again where there is nobody after."""
    turn = (place.alias, place.lane, place.channel)
    begin = _turns.pop(turn, 0)
    asked = {**place.asked(now), "tenant": begin}
    found = _read(place.alias, _TENANTS, asked)
    if not found and begin:
        found = _read(place.alias, _TENANTS, {**asked, "tenant": 0})
    if len(found) == TENANTS:
        _turns[turn] = found[-1] + 1
    return found


def _candidates(place: Place, now: datetime, tenants: Sequence[int]) -> list[int]:
    """The first ones of each; of these the first of each before the second of any."""
    parts = [_FIRST_ONES.format(number, _HELD_BACK, CANDIDATES) for number in range(len(tenants))]
    asked = place.asked(now) | {f"tenant_{number}": tenant for number, tenant in enumerate(tenants)}
    of_each: dict[int, list[int]] = defaultdict(list)
    with connections[place.alias].cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts), asked)
        for number, key in cursor.fetchall():
            of_each[number].append(key)
    rounds = zip_longest(*(sorted(keys) for keys in of_each.values()))
    return [key for each in rounds for key in each if key is not None][:CANDIDATES]


def _lease(alias: str, keys: Sequence[int], owner: uuid.UUID, now: datetime) -> list[Event]:
    if not keys:
        return []
    marks = ", ".join(f"({key}, {place})" for place, key in enumerate(keys))  # numbers alone
    leased = Event.objects.using(alias).raw(
        f"""
        WITH candidate(key, place) AS (VALUES {marks})
        UPDATE delayed_event SET leased_by = %(owner)s, leased_until = %(until)s WHERE id IN (
            SELECT id FROM candidate CROSS JOIN delayed_event WHERE id = key AND due_at <= %(now)s AND {_FREE}
            ORDER BY place LIMIT {BATCH} {_passing_over(alias)}
        ) RETURNING *
        """,
        {"now": _moment(alias, now), "until": _moment(alias, lease_end(now)), "owner": _uuid(alias, owner)},
    )
    return sorted(leased, key=lambda event: int(event.pk))


def _in_order(alias: str, events: Sequence[Event], owner: uuid.UUID) -> Sequence[Event]:
    """Without those of which an earlier one is another worker's, who took it up at the same moment."""
    ordered = [event.pk for event in events if event.order_key]
    if not ordered:
        return events
    early = set(
        _read(
            alias,
            "SELECT id FROM delayed_event WHERE leased_by = %(owner)s AND order_key <> ''"
            f" AND EXISTS ({_BEFORE_IT} (b.leased_by IS NULL OR b.leased_by <> %(owner)s))",
            {"owner": _uuid(alias, owner)},
        )
    )
    if early:
        release(alias, early, owner)
    return [event for event in events if event.pk not in early]


def _read(alias: str, sql: str, asked: Mapping[str, Any]) -> list[Any]:
    """The one column of some rows."""
    with connections[alias].cursor() as cursor:
        cursor.execute(sql, asked)
        return [value for (value,) in cursor.fetchall()]


def _passing_over(alias: str) -> str:
    """On PostgreSQL who comes second passes over what the first is taking up; a file has one writer at a time."""
    return "FOR UPDATE OF delayed_event SKIP LOCKED" if connections[alias].vendor == "postgresql" else ""


def _moment(alias: str, moment: datetime) -> Any:
    return connections[alias].ops.adapt_datetimefield_value(moment)


def _uuid(alias: str, owner: uuid.UUID) -> Any:
    return Event._meta.get_field("leased_by").get_db_prep_value(owner, connections[alias])
