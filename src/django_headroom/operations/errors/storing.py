"""The built-in store: takes sums in, each once, and moves a kind on in its life."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import DatabaseError, router
from django.db.models import F
from django.db.models.functions import Greatest, Least

from django_headroom.operations.errors import models
from django_headroom.operations.errors.models import Group, Hour, Merged, Occurrence, State, Touched
from django_headroom.operations.errors.travelling.batches import TOUCHED_MOST, Batch, Sum
from django_headroom.transactions import writing

BODIES_KEPT = 10
"""Of each kind so many are kept whole: the first, and the latest."""

RELEASES_KEPT = 50
NEXT = "next"
"""``resolved_in`` where it is resolved in the release after those that had it."""


def store_at() -> str:
    """The alias of the database in which errors live."""
    return router.db_for_write(Group)


def take_in(batch: Batch) -> None:
    """Add sums and whole errors to what is kept; a batch that was taken in already changes nothing.

    Raises:
        DatabaseError, InterfaceError: nothing of it was taken in.
    """
    with writing(store_at()) as alias:
        _, is_first = models.Batch.objects.using(alias).get_or_create(number=batch.number)
        if not is_first:
            return
        homes = _homes(alias, batch)
        # In the order of their names, so that no two processes wait for each other.
        for home, fingerprint in sorted((homes.get(each, each), each) for each in batch.sums):
            _add(alias, home, batch.sums[fingerprint])
        _keep(alias, batch.bodies, homes)


def _homes(alias: str, batch: Batch) -> dict[str, str]:
    """Of those kinds that were merged into others: fingerprint -> that of the other."""
    named = {*batch.sums, *(each["fingerprint"] for each in batch.bodies)}
    found = Merged.objects.using(alias).filter(fingerprint__in=sorted(named))
    return dict(found.values_list("fingerprint", "group__fingerprint"))


def _add(alias: str, fingerprint: str, counted: Sum) -> None:
    first_at, last_at = _time(counted.first_at), _time(counted.last_at)
    new = {
        "project": counted.project,
        "title": counted.title,
        "culprit": counted.culprit,
        "first_at": first_at,
        "last_at": last_at,
        "state_at": first_at,
    }
    _, is_new = Group.objects.using(alias).get_or_create(fingerprint=fingerprint, defaults=new)
    group = Group.objects.using(alias).select_for_update().filter(fingerprint=fingerprint).first()
    if group is None or (is_new and Merged.objects.using(alias).filter(fingerprint=fingerprint).exists()):
        raise DatabaseError("A kind of errors was merged meanwhile: the next try counts it in its new place.")
    Group.objects.using(alias).filter(pk=group.pk).update(
        count=F("count") + counted.hours.total(),
        first_at=Least(F("first_at"), first_at),
        last_at=Greatest(F("last_at"), last_at),
        message=counted.message or group.message,
        releases=_releases(group, counted.release),
        **_next_state(group, counted, last_at),
    )
    add_hours(alias, group, counted.hours)
    touch(alias, group, Touched.Kind.PERSON, counted.people)
    touch(alias, group, Touched.Kind.TENANT, counted.tenants)


def add_hours(alias: str, group: Group, hours: Mapping[int, int]) -> None:
    """Count so many more in each of these hours."""
    for hour in sorted(hours):
        _, is_new = Hour.objects.using(alias).get_or_create(
            group=group, hour=hour, defaults={"count": hours[hour]}
        )
        if not is_new:
            Hour.objects.using(alias).filter(group=group, hour=hour).update(count=F("count") + hours[hour])


def _releases(group: Group, release: str) -> list[str]:
    known = [each for each in group.releases if each != release]
    return [*known, release][-RELEASES_KEPT:] if release else known


def _next_state(group: Group, counted: Sum, at: datetime) -> dict[str, Any]:
    """A resolved kind that is counted again has come back; so has one that was ignored long or often enough."""
    if at <= group.state_at or not _comes_back(group, counted, at):
        return {}
    return {
        "state": State.REGRESSED,
        "state_at": at,
        "is_told": False,
        "ignored_until": None,
        "ignored_until_count": None,
        "resolved_in": "",
    }


def _comes_back(group: Group, counted: Sum, at: datetime) -> bool:
    if group.state == State.IGNORED:
        until, most = group.ignored_until, group.ignored_until_count
        is_often = most is not None and group.count + counted.hours.total() > most
        return is_often or (until is not None and at > until)
    if group.state != State.RESOLVED:
        return False
    # Processes of an older release run on for a while; what they still do wrong is no news.
    release, mended_in = counted.release, group.resolved_in
    is_old = bool(mended_in) and release in group.releases and release != mended_in
    return not is_old


def touch(alias: str, group: Group, kind: str, keys: Iterable[str]) -> None:
    """Note whom it has touched, each once and no more than are counted."""
    known = Touched.objects.using(alias).filter(group=group, kind=kind)
    wanted = sorted(set(keys))
    new = (
        sorted(set(wanted) - set(known.filter(key__in=wanted).values_list("key", flat=True)))
        if wanted
        else []
    )
    room = TOUCHED_MOST - known.count() if new else 0
    rows = [Touched(group=group, kind=kind, key=key) for key in new[: max(room, 0)]]
    Touched.objects.using(alias).bulk_create(rows)


def _keep(alias: str, bodies: list[dict[str, Any]], homes: dict[str, str]) -> None:
    by_fingerprint: dict[str, list[dict[str, Any]]] = {}
    for body in bodies:
        home = homes.get(body["fingerprint"], body["fingerprint"])
        by_fingerprint.setdefault(home, []).append(body)
    groups = Group.objects.using(alias).in_bulk(sorted(by_fingerprint), field_name="fingerprint")
    for fingerprint, group in sorted(groups.items()):
        for body in by_fingerprint[fingerprint][-BODIES_KEPT:]:
            Occurrence.objects.using(alias).bulk_create(
                [
                    Occurrence(
                        group=group,
                        event=str(body["event"].get("event_id", ""))[:32],
                        at=_time(body["at"]),
                        release=str(body["event"].get("release") or "")[:100],
                        body=body["event"],
                    )
                ]
            )
        drop_spare(alias, group)


def drop_spare(alias: str, group: Group) -> None:
    """Of those kept whole the first and the latest stay."""
    kept = Occurrence.objects.using(alias).filter(group=group)
    older = kept.order_by("-pk").values_list("pk", flat=True)[BODIES_KEPT - 1 :]
    if spare := list(older)[:-1]:
        kept.filter(pk__in=spare).delete()


def _time(seconds: float) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
