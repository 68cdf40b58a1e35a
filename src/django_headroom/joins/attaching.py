"""``attach()``: the rows that a list's keys lead to, by one query for each database that they stand in.

From the talk's "Pythonic joins" (slides 17 and 18): collect the keys, ask once, hand the rows out.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from django.core.exceptions import FieldDoesNotExist
from django.db import models, router

from django_headroom.homes import primary_of
from django_headroom.joins.far_keys import STANDS_FOR, FarKey, NotAttached
from django_headroom.joins.fetching import Fetch, Place, RowCache, fetch_rows
from django_headroom.joins.following import follow
from django_headroom.joins.prefetching import chunks, prefetch

Missing: TypeAlias = Literal["raise", "none", "tombstone"]

_Pairs: TypeAlias = list[tuple[Any, Any]]  # a row, and the key of the row it wants
_Wanted: TypeAlias = dict[Place, list[tuple[Any, _Pairs]]]  # what is wanted from a place, by which field


@dataclass(frozen=True)
class _Reading:
    """How far rows are read."""

    cache: RowCache | None = None
    using: str = ""
    fetch: Fetch | None = None


class PartitionUnknown(Exception):
    """A far key into partitioned rows, on a row that does not say whose they are."""


def attach(
    rows: Iterable[Any],
    *names: str,
    missing: Missing = "raise",
    cache: RowCache | None = None,
    using: str = "",
    fetch: Fetch | None = None,
) -> list[Any]:
    """Fetch what a list's names lead to: one query for each database and 999 keys, wherever the rows are from.

    A far key is looked up in the home of its target; if the target is partitioned, in the partition of the row's
    tenant, and a row of another tenant does not count. Django's own relations are looked up where the row was read.

    Args:
        rows: objects, of several models and databases if need be; a generator will do, and the order is kept.
        names: far keys and Django's relations, the reverse ones too; ``"thread.forum"`` follows what is loaded, or
            is named in the same call.
        missing: what a far key whose row is gone gives when it is read: ``"raise"`` its ``DoesNotExist``, ``"none"``,
            or ``"tombstone"`` (a ``Tombstone``).
        cache: asked before the database.
        using: the alias of a copy: what would be read from its database is read from it. Of what Django prefetches, the
            reverse sets and the like, it chooses nothing.
        fetch: reads the far rows by their primary keys, such as ``Columns(Person, "name").with_keys``; by default they
            are read whole. It is for calls of one name.

    Returns:
        The rows. Equal keys share one object; what is attached already is not asked for again.

    Raises:
        NotAttached: a relation on the way is not loaded, so following it would cost a query per row.
        PartitionUnknown: the target is partitioned, and a row does not say whose it is.
        TypeError: a name leads to no other rows.

    >>> attach(Comment.objects.of(gazette)[:25], "author", "thread", "thread.forum")
    """
    found = list(rows)
    _attach([(found, name) for name in names], missing, _Reading(cache, using, fetch))
    return found


def attach_sets(
    *sets: tuple[Iterable[Any], str],
    missing: Missing = "raise",
    cache: RowCache | None = None,
    using: str = "",
) -> list[list[Any]]:
    """As ``attach``, over several lists at once: what leads to one model is one query, and each key asked for once.

    >>> comments, threads = attach_sets((comments, "author"), (threads, "creator"))
    """
    found = [(list(rows), name) for rows, name in sets]
    _attach(found, missing, _Reading(cache, using))
    return [rows for rows, _ in found]


def attach_back(rows: Iterable[Any], into: str, *querysets: models.QuerySet[Any], by: str) -> list[Any]:
    """The other way round: give each row those that point at it, one query for each queryset and 999 keys.

    They may stand in any partition, so the querysets say where to look.

    Args:
        rows: the objects pointed at.
        into: the attribute that takes the list, in the order of the querysets; empty if nothing points there.
        querysets: the rows that point, not sliced.
        by: the name of their far key; it is attached too.

    Raises:
        TypeError: ``by`` is no far key to these rows.

    >>> attach_back(people, "made", Item.objects.of(bakery), Item.objects.of(butcher), by="maker")
    """
    found = list(rows)
    by_key = {row.pk: row for row in found}
    pointing: dict[Any, list[Any]] = defaultdict(list)
    for queryset in querysets:
        field = queryset.model._meta.get_field(by)
        if not isinstance(field, FarKey) or not all(isinstance(row, field.target()) for row in found):
            raise TypeError(f"{queryset.model.__name__}.{by} is no far key to all of these rows.")
        for chunk in chunks(by_key.keys() - {None}):
            for row in queryset.filter(**{f"{by}__in": chunk}):
                key = getattr(row, field.attname)
                row._state.fields_cache[by] = by_key[key]
                pointing[key].append(row)
    for row in found:
        setattr(row, into, pointing[row.pk])
    return found


def _attach(sets: Sequence[tuple[list[Any], str]], missing: Missing, reading: _Reading) -> None:
    if missing not in STANDS_FOR:
        raise ValueError(f"missing={missing!r}: say one of {', '.join(map(repr, STANDS_FOR))}.")
    for depth in sorted({name.count(".") for _, name in sets}):  # a longer path may lead over a shorter one
        wanted: _Wanted = defaultdict(list)
        for rows, name in sets:
            if name.count(".") == depth:
                *steps, last = name.split(".")
                _look_over(follow(rows, steps), last, wanted)
        for place, parts in _from_copy(wanted, reading.using).items():
            keys = {key for _, pairs in parts for _, key in pairs}
            is_free = place[1] != reading.using and all(isinstance(field, FarKey) for field, _ in parts)
            far = fetch_rows(place, keys, reading.cache, from_any_copy=is_free, fetch=reading.fetch)
            for field, pairs in parts:
                _hand_out(field, pairs, far, missing)


def _from_copy(wanted: _Wanted, using: str) -> _Wanted:
    """What is wanted of the database of which ``using`` is a copy is wanted from that copy."""
    if not using:
        return wanted
    primary = primary_of(using)
    moved: _Wanted = defaultdict(list)
    for (model, alias, column), parts in wanted.items():
        moved[model, using if primary_of(alias) == primary else alias, column] += parts
    return moved


def _look_over(rows: Iterable[Any], name: str, wanted: _Wanted) -> None:
    """Note who wants what from where. What is neither far key nor foreign key Django prefetches, database by database:
    left to itself it asks the database of the first row only, and finds nothing for the others.
    """
    by_model: dict[type[models.Model], list[Any]] = defaultdict(list)
    for row in rows:
        by_model[type(row)].append(row)
    for model, group in by_model.items():
        try:
            field: Any = model._meta.get_field(name)
        except FieldDoesNotExist:
            field = None  # as "item_set", which only prefetch_related knows
        if isinstance(field, FarKey):
            _want_far(field, group, wanted)
        elif isinstance(field, models.ForeignKey):
            _want_near(field, group, wanted)
        elif field is None or field.is_relation:
            prefetch(group, name, field)
        else:
            raise TypeError(f"{model.__name__}.{name} leads to no other rows: name a far key or a relation.")


def _want_far(field: FarKey, rows: Iterable[Any], wanted: _Wanted) -> None:
    name, target = field.name, field.target()
    alone = [(row, key) for row, key in _keyed(field, rows, field) if not _is_attached(row, name, key)]
    tenant = getattr(target, "partition_key", None)
    if tenant is None:
        if alone:
            wanted[target, router.db_for_read(target), "pk"].append((field, alone))
        return
    by_tenant: dict[Any, _Pairs] = defaultdict(list)
    for row, key in alone:
        by_tenant[getattr(row, tenant, None)].append((row, key))
    for whose, pairs in by_tenant.items():
        if whose is None:
            raise PartitionUnknown(
                f"{field.model.__name__}.{name} leads to {field.to}, which is partitioned by {tenant}, and this "
                f"{field.model.__name__} has no {tenant}: give it one, so that its partition is known."
            )
        there = router.db_for_read(target, instance=target(**{tenant: whose}))
        wanted[target, there, "pk"].append((field, pairs))


def _is_attached(row: Any, name: str, key: Any) -> bool:
    """Whether the far row was fetched, and the key still is the one it was fetched for."""
    found = row._state.fields_cache.get(name)
    return found is not None and bool(found.pk == key)


def _want_near(field: models.ForeignKey[Any, Any], rows: Iterable[Any], wanted: _Wanted) -> None:
    target, column = field.remote_field.model, field.target_field
    asked = "pk" if column.primary_key else column.attname
    by_alias: dict[str | None, _Pairs] = defaultdict(list)
    for row, key in _keyed(field, rows, column):
        if field.name not in row._state.fields_cache:
            by_alias[row._state.db].append((row, key))
    for alias, pairs in by_alias.items():
        home = router.db_for_read(target, instance=pairs[0][0])
        # Where the row was read, be it a copy; but a foreign key that is kept by nobody may lead to another home.
        there = alias if alias and primary_of(alias) == primary_of(home) else home
        wanted[target, there, asked].append((field, pairs))


def _keyed(field: Any, rows: Iterable[Any], key_field: Any) -> _Pairs:
    attname, pairs = field.attname, []
    for row in rows:
        try:
            key = row.__dict__[attname]
        except KeyError:
            raise NotAttached(
                f"{field.model.__name__}.{attname} was deferred, so each row would cost a query: load it."
            ) from None
        if key is not None:
            # A row that was not read may bear its key as text.
            pairs.append((row, key if type(key) is int else key_field.to_python(key)))
    return pairs


def _hand_out(field: Any, pairs: _Pairs, far: Mapping[Any, Any], missing: Missing) -> None:
    if not isinstance(field, FarKey):
        _hand_out_near(field, pairs, far, missing)
        return
    name, target, stands = field.name, field.target(), STANDS_FOR[missing]
    tenant = getattr(target, "partition_key", None)
    for row, key in pairs:
        found = far.get(key)
        if found is None or (tenant and int(getattr(found, tenant)) != int(getattr(row, tenant))):
            found = stands(target, key)
        row._state.fields_cache[name] = found


def _hand_out_near(field: Any, pairs: _Pairs, far: Mapping[Any, Any], missing: Missing) -> None:
    for row, key in pairs:
        found = far.get(key)
        if found is not None:
            row._state.fields_cache[field.name] = found
            if field.one_to_one:
                field.remote_field.set_cached_value(found, row)
        elif missing == "tombstone":
            row._state.fields_cache[field.name] = STANDS_FOR[missing](field.remote_field.model, key)
        elif missing == "none" or not field.null:
            # Django reads None as no row; of a key that must lead to one it makes DoesNotExist.
            row._state.fields_cache[field.name] = None
