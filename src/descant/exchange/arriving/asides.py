"""What our own format has beside threads and comments arrives: votes, flags, decisions, bans, the history, settings."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import models

from descant.discussion.addressing.addresses import digest
from descant.discussion.models import OfForum, Thread, ThreadAddress
from descant.exchange.arriving.berth import Berth, chunks
from descant.exchange.arriving.people import people_here, rules_here, stand_in
from descant.exchange.native import KINDS, PEOPLE, VOICES, Kind
from descant.exchange.sorting import arrivals
from descant.forums.models import Ban
from descant.forums.opening import change_forum
from django_headroom.transactions import writing

CHUNK = 500
# In this order; roles stay behind, for nobody can sign in to the accounts that had them.
BROUGHT = ("rule_version", "ban", "change", "vote", "thread_vote", "flag", "decision", "moved", "appeal")
# What leads to a row that is not here is left out, or leads nowhere where that is allowed.
LEADS_TO: Mapping[str, str] = {
    **dict.fromkeys(PEOPLE, "account"), "rule_id": "rule", "comment_id": "comment", "thread_id": "thread",
    "address_id": "address", "merged_into_id": "thread", "pinned_id": "comment",
}  # fmt: skip

Row = dict[str, Any]


def bring_asides(berth: Berth) -> None:
    """Writes what was not written yet, each chunk in one transaction; formats of others have nothing of it."""
    head = next(arrivals.asides(berth.spool, "head"), None)
    if head is None:
        return
    for name in (*BROUGHT, "role"):
        every = berth.spool.one("SELECT count(*) FROM aside WHERE kind = ?", name)
        if every and (berth.dry_run or name == "role"):
            berth.report.others[name] = 0 if name == "role" else every
    if berth.dry_run:
        return
    for chunk in chunks(arrivals.asides(berth.spool, "thread_after"), CHUNK):
        _finish_threads(berth, chunk)
    for name in BROUGHT:
        for chunk in chunks(arrivals.asides(berth.spool, name), CHUNK):
            brought = _bring(berth, name, KINDS[name], chunk)
            berth.report.others[name] = berth.report.others.get(name, 0) + brought
    change_forum(forum=berth.forum, **_typed(type(berth.forum), head["settings"]))


def _finish_threads(berth: Berth, chunk: list[Row]) -> None:
    """What of a thread could not be written before all were there."""
    found = _Found.of(berth, chunk)
    with writing(berth.forum):
        for row in chunk:
            thread_id = found.by["thread"].get(row["thread_id"])
            columns: Row = {name: row[name] for name in ("url", "ups", "downs") if name in row}
            if target := found.by["thread"].get(row.get("merged_into_id")):
                columns |= {"merged_into_id": target, "state": Thread.State.MERGED}
            if pinned := found.by["comment"].get(row.get("pinned_id")):
                columns["pinned_id"] = pinned
            if thread_id and columns:
                Thread.objects.of(berth.forum).filter(pk=thread_id).update(**columns)


def _bring(berth: Berth, name: str, kind: Kind, chunk: list[Row]) -> int:
    found = _Found.of(berth, chunk)
    rows = [each for row in chunk if (each := _row(berth, name, kind.model, row, found))]
    fresh = _unwritten(berth, kind, rows) if kind.same else rows
    with writing(berth.forum if issubclass(kind.model, OfForum) else "default"):
        # A vote, a flag and an appeal can be there once: what is there already stays.
        _rows_here(berth, kind).bulk_create(fresh, ignore_conflicts=not kind.same)
    return len(rows)


@dataclass
class _Found:
    """Which rows here the numbers of a chunk have become."""

    by: dict[str, dict[Any, int]] = field(default_factory=dict)

    @classmethod
    def of(cls, berth: Berth, chunk: Iterable[Row]) -> "_Found":
        wanted: dict[str, set[int]] = {kind: set() for kind in set(LEADS_TO.values())}
        for row in chunk:
            for column, kind in LEADS_TO.items():
                if row.get(column) is not None:
                    wanted[kind].add(int(row[column]))
            for column in VOICES & row.keys():
                if row[column].startswith("u") and row[column][1:].isdecimal():
                    wanted["account"].add(int(row[column][1:]))
            if row.get("kind") == Ban.Kind.ACCOUNT and str(row.get("value", "")).isdecimal():
                wanted["account"].add(int(row["value"]))
            for pinned in _pins(row).values():
                wanted["comment"].add(pinned)
        looking: dict[str, Callable[[Berth, set[int]], dict[int, int]]] = {
            "account": people_here, "rule": rules_here, "comment": _comments, "thread": _threads, "address": _addresses,
        }  # fmt: skip
        return cls({kind: look(berth, wanted[kind]) for kind, look in looking.items()})


def _row(berth: Berth, name: str, model: type[models.Model], row: Row, found: _Found) -> models.Model | None:
    values = _typed(model, row)
    for column in LEADS_TO.keys() & values.keys():
        number = values[column]
        values[column] = None if number is None else found.by[LEADS_TO[column]].get(number)
        if number is not None and values[column] is None and LEADS_TO[column] != "account":
            return None
    for column in VOICES & values.keys():
        values[column] = _voice(berth, values[column], found)
    if name == "ban":
        values["value"] = _banned(berth, values, found)
    if pins := _pins(row):
        values["kept"] = {
            **values["kept"],
            **{key: found.by["comment"].get(number) for key, number in pins.items()},
        }
    if hasattr(model, "forum_id"):
        values["forum_id"] = berth.forum.pk
    return model(**values)


def _typed(model: type[models.Model], row: Mapping[str, Any]) -> Row:
    """The columns as their model has them; they were checked when they were read, and are JSON since."""
    fields = {str(each.attname): each for each in model._meta.concrete_fields}
    found = {}
    for column, value in row.items():
        if column in fields and column != "id":
            each = fields[column]
            plain = isinstance(each, models.JSONField | models.ForeignKey)
            found[column] = value if plain else each.to_python(value)
    return found


def _voice(berth: Berth, voice: str, found: _Found) -> str:
    number = int(voice[1:]) if voice.startswith("u") and voice[1:].isdecimal() else 0
    here = found.by["account"].get(number)
    return f"u{here}" if here else f"g{stand_in(berth, f'guest/{voice[1:]}')}"


def _banned(berth: Berth, values: Row, found: _Found) -> str:
    if values["kind"] == Ban.Kind.ACCOUNT:
        return str(found.by["account"].get(int(values["value"]) if values["value"].isdecimal() else 0, 0))
    return (
        stand_in(berth, f"guest/{values['value']}") if values["kind"] == Ban.Kind.GUEST else values["value"]
    )


def _pins(row: Row) -> dict[str, int]:
    """The comments that a decision about a thread has kept by their ids."""
    if row.get("verdict") not in ("pin", "unpin", "merge"):
        return {}
    return {key: row["kept"][key] for key in ("pinned", "now") if isinstance(row["kept"].get(key), int)}


def _unwritten(berth: Berth, kind: Kind, rows: list[models.Model]) -> list[models.Model]:
    """A second run of the file finds what the first has written, by what tells two of a kind apart."""
    first, *_ = kind.same
    chosen = _rows_here(berth, kind).filter(**{f"{first}__in": {getattr(row, first) for row in rows}})
    here = set(chosen.values_list(*kind.same))
    return [row for row in rows if tuple(getattr(row, name) for name in kind.same) not in here]


def _rows_here(berth: Berth, kind: Kind) -> Any:
    if issubclass(kind.model, OfForum):
        return kind.model.objects.of(berth.forum)
    return kind.model.objects.filter(**{kind.whose: berth.forum})


def _comments(berth: Berth, numbers: set[int]) -> dict[int, int]:
    names = ",".join(f"'c{number}'" for number in numbers)
    return dict(
        berth.spool.each(
            "SELECT CAST(substr(c.name, 2) AS INTEGER), h.id FROM comment c"
            f" JOIN comment_here h ON h.number = coalesce(c.merged, c.seq) WHERE c.name IN ({names})"
        )
    )


def _threads(berth: Berth, numbers: set[int]) -> dict[int, int]:
    names = ",".join(f"'t{number}'" for number in numbers)
    return dict(
        berth.spool.each(
            "SELECT CAST(substr(called.name, 2) AS INTEGER), h.id FROM called JOIN thread t ON t.seq = called.thread"
            f" JOIN thread_here h ON h.number = t.main WHERE called.name IN ({names})"
        )
    )


def _addresses(berth: Berth, numbers: set[int]) -> dict[int, int]:
    wanted = ",".join(map(str, numbers))
    rows = berth.spool.each(
        "SELECT fields ->> 'id', fields ->> 'kind', fields ->> 'value' FROM aside"
        f" WHERE kind = 'address' AND CAST(fields ->> 'id' AS INTEGER) IN ({wanted})"
    )
    keys = {digest(kind, value): int(number) for number, kind, value in rows}
    here = ThreadAddress.objects.of(berth.forum).filter(digest__in=keys).values_list("digest", "pk")
    return {keys[key]: pk for key, pk in here}
