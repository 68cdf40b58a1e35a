"""Taking up what is due: a fair share for each tenant, in order where there is one, by one worker alone."""

import uuid
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import zip_longest
from typing import Any

from django.db import connections
from django.utils import timezone

from django_headroom.conf import headroom
from django_headroom.delayed.models import Event, Lane

BATCH = 100
TENANTS = 10  # that have their turn in one batch
CANDIDATES = 2 * BATCH  # of each: another worker may be taking up the first of them

_FREE = "dead_at IS NULL AND due_at <= %(now)s AND (leased_until IS NULL OR leased_until < %(now)s)"
_OF_LANE = f"lane = %(lane)s AND {_FREE}"
_NEXT_TENANT = f"(SELECT tenant FROM delayed_event WHERE {_OF_LANE} AND tenant {{0}} ORDER BY tenant LIMIT 1)"
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
    f"SELECT {{0}}, id FROM (SELECT id FROM delayed_event WHERE {_OF_LANE} AND tenant = %(tenant_{{0}})s"
    " AND (order_key = '' OR NOT EXISTS ({1})) ORDER BY id LIMIT {2}) AS of_{0}"
)
_BEFORE_IT = (
    "SELECT 1 FROM delayed_event b WHERE b.order_key = delayed_event.order_key AND NOT (b.order_key = '')"
    " AND b.dead_at IS NULL AND b.only = delayed_event.only AND b.lane <= delayed_event.lane"
    " AND b.id < delayed_event.id AND "
)
_HELD_BACK = f"{_BEFORE_IT} (b.due_at > %(now)s OR b.leased_until >= %(now)s)"
_turns: dict[tuple[str, Lane], int] = {}  # the tenant with whom the next batch begins


def claim(alias: str, lane: Lane, owner: uuid.UUID) -> Sequence[Event]:
    """Lease what is due in one lane to one owner, at most a batch, and return it in the order in which it was said.

    What is leased or waits to be tried again holds back what comes after it in its order.
    """
    now = timezone.now()
    tenants = _tenants(alias, lane, now)
    if not tenants:
        return []
    events = _lease(alias, _candidates(alias, lane, now, tenants), owner, now)
    return _in_order(alias, events, owner)


def lease_end(now: datetime) -> datetime:
    """When a lease that begins or is prolonged now runs out."""
    return now + timedelta(seconds=headroom().delayed_lease_seconds)


def release(alias: str, keys: Collection[int], owner: uuid.UUID) -> None:
    """Give events back that nobody was told of."""
    rows = Event.objects.using(alias).filter(pk__in=keys, leased_by=owner)
    rows.update(leased_by=None, leased_until=None)


def _tenants(alias: str, lane: Lane, now: datetime) -> list[int]:
    """Those whose turn it is, after those who had the last one; from the first again where there is nobody after."""
    begin = _turns.pop((alias, lane), 0)
    asked = {"now": _moment(alias, now), "lane": int(lane), "tenant": begin}
    found = _numbers(alias, _TENANTS, asked)
    if not found and begin:
        found = _numbers(alias, _TENANTS, {**asked, "tenant": 0})
    if len(found) == TENANTS:
        _turns[alias, lane] = found[-1] + 1
    return found


def _candidates(alias: str, lane: Lane, now: datetime, tenants: Sequence[int]) -> list[int]:
    """The first ones of each; of these the first of each before the second of any."""
    parts = [_FIRST_ONES.format(place, _HELD_BACK, CANDIDATES) for place in range(len(tenants))]
    asked = {f"tenant_{place}": tenant for place, tenant in enumerate(tenants)}
    asked |= {"now": _moment(alias, now), "lane": int(lane)}
    of_each: dict[int, list[int]] = defaultdict(list)
    with connections[alias].cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts), asked)
        for place, key in cursor.fetchall():
            of_each[place].append(key)
    rounds = zip_longest(*(sorted(keys) for keys in of_each.values()))
    return [key for each in rounds for key in each if key is not None][:CANDIDATES]


def _lease(alias: str, keys: Sequence[int], owner: uuid.UUID, now: datetime) -> list[Event]:
    """On PostgreSQL who comes second passes over what the first is taking up; a file has one writer at a time."""
    if not keys:
        return []
    connection = connections[alias]
    passing_over = "FOR UPDATE OF delayed_event SKIP LOCKED" if connection.vendor == "postgresql" else ""
    marks = ", ".join(f"({key}, {place})" for place, key in enumerate(keys))  # numbers alone
    leased = Event.objects.using(alias).raw(
        f"""
        WITH candidate(key, place) AS (VALUES {marks})
        UPDATE delayed_event SET leased_by = %(owner)s, leased_until = %(until)s WHERE id IN (
            SELECT id FROM candidate CROSS JOIN delayed_event WHERE id = key AND {_FREE} ORDER BY place LIMIT {BATCH}
            {passing_over}
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
        _numbers(
            alias,
            "SELECT id FROM delayed_event WHERE leased_by = %(owner)s AND order_key <> ''"
            f" AND EXISTS ({_BEFORE_IT} (b.leased_by IS NULL OR b.leased_by <> %(owner)s))",
            {"owner": _uuid(alias, owner)},
        )
    )
    if early:
        release(alias, early, owner)
    return [event for event in events if event.pk not in early]


def _numbers(alias: str, sql: str, asked: Mapping[str, Any]) -> list[int]:
    with connections[alias].cursor() as cursor:
        cursor.execute(sql, asked)
        return [number for (number,) in cursor.fetchall()]


def _moment(alias: str, moment: datetime) -> Any:
    return connections[alias].ops.adapt_datetimefield_value(moment)


def _uuid(alias: str, owner: uuid.UUID) -> Any:
    return Event._meta.get_field("leased_by").get_db_prep_value(owner, connections[alias])
