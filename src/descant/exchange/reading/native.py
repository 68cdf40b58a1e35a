"""Reads our own format, and refuses a file that is not whole, or of which a row is not what its column takes."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import cache
from typing import Any

import orjson
from django.core.exceptions import ValidationError
from django.db import models

from descant.discussion.models import OF_DESCANT, Thread
from descant.exchange.native import FORMAT, KINDS, SETTINGS, VERSION
from descant.exchange.reading.unpacking import Unpacked
from descant.exchange.stream import (
    MOST_ID,
    Aside,
    CategoryRead,
    Choices,
    CommentRead,
    ImportRefused,
    Read,
    ThreadRead,
)
from descant.forums.look import BadLook, read_look
from descant.forums.models import Forum

SOURCE = OF_DESCANT
LONGEST_LINE = 8 << 20
MOST_NUMBER = 1 << 62
NOT_MADE_BY_US = "the file is not of Descant's native format: its first line tells"
# Columns of a comment that have a place of their own in the stream; the others go along as they are.
IN_STREAM = {
    "id", "thread_id", "parent_id", "source", "source_id", "author_name", "author_email", "author_url", "text",
    "format", "state", "marked_spam", "created_at",
}  # fmt: skip

# What every reason that a rule has given says.
OF_A_RULE = {"rule": int, "kind": str, "effect": str}

Row = dict[str, Any]


def read(file: Unpacked, choices: Choices) -> Iterator[Read]:
    """Yields what stands in the file: threads and comments as of any format, and the other rows as asides."""
    counted: Counter[str] = Counter()
    said: Row | None = None
    for number, row in _rows(file):
        name = row.pop("row", None)
        if said is not None:
            raise ImportRefused("something stands after the end", number)
        if number == 1:
            yield _head(name, row)
        elif name == "end":
            said = row
        elif name in KINDS:
            counted[name] += 1
            yield from _read(str(name), _checked(str(name), row, number), number)
        else:
            raise ImportRefused("a row of a kind that is not known", number)
    if said is None:
        raise ImportRefused("the file is cut off before its end")
    if said.get("rows") != counted:
        raise ImportRefused("rows are missing: there are not as many as its last line says")


def _rows(file: Unpacked) -> Iterator[tuple[int, Row]]:
    for number, line in enumerate(_lines(file), 1):
        try:
            row = orjson.loads(line)
        except orjson.JSONDecodeError:
            raise ImportRefused(NOT_MADE_BY_US if number == 1 else "the line is not JSON", number) from None
        if not isinstance(row, dict):
            raise ImportRefused("the line is no row", number)
        yield number, row


def _lines(file: Unpacked) -> Iterator[bytes]:
    kept = b""
    number = 0
    for piece in file.pieces():
        *whole, rest = piece.split(b"\n")
        for each in whole:
            number += 1
            yield kept + each
            kept = b""
        kept += rest
        if len(kept) > LONGEST_LINE:
            raise ImportRefused(f"a line longer than {LONGEST_LINE} bytes", number + 1)
    if kept:
        yield kept


def _head(name: object, row: Row) -> Aside:
    if name != "descant" or row.get("format") != FORMAT:
        raise ImportRefused(NOT_MADE_BY_US, 1)
    if row.get("version") != VERSION:
        raise ImportRefused("another version of the format: use the Descant that wrote it, or a newer", 1)
    site, settings = row.get("site"), row.get("settings")
    if not isinstance(site, str) or not isinstance(settings, dict):
        raise ImportRefused("the first line lacks the site or the settings", 1)
    try:
        settings["look"] = read_look(settings.get("look", {}))
    except (BadLook, AttributeError):
        raise ImportRefused("its look is not what it should be", 1) from None
    kept = {
        column: _value(Forum._meta.get_field(column), settings[column], 1)
        for column in SETTINGS
        if column in settings
    }
    return Aside("head", 1, {"site": site, "settings": kept})


def _checked(name: str, row: Row, number: int) -> Row:
    """The columns that the kind has, each as its model takes it; what else stands in the row is passed by."""
    kind = KINDS[name]
    found: Row = {}
    for column, field in _fields(name).items():
        if column in row:
            found[column] = _value(field, row[column], number)
        elif column in kind.columns and column not in kind.added:
            raise ImportRefused(f"a {name} without its {column}", number)
    if name == "thread":
        found["addresses"] = _addresses(row.get("addresses"), number)
    if "id" in found and not 0 < found["id"] <= MOST_ID:
        raise ImportRefused("an id beyond those that Descant gives", number)
    return found


@cache
def _fields(name: str) -> Mapping[str, models.Field]:
    kind = KINDS[name]
    by_name = {str(field.attname): field for field in kind.model._meta.concrete_fields}
    return {column: by_name[column] for column in (*kind.columns, *kind.personal)}


def _value(field: Any, value: Any, number: int) -> Any:
    """Raises ImportRefused, with the line and the name of the column and nothing of what stands there."""
    try:
        if isinstance(field, models.ForeignKey) or field.primary_key:
            found = None if value is None else int(value)
        elif isinstance(field, models.JSONField):
            found = _shaped(field, value)
        else:  # a date alone would be taken as a moment of the machine's own time
            found = field.to_python(value)
        _check(field, found)
    except (ValidationError, ValueError, TypeError, OverflowError):
        raise ImportRefused(f"its {field.name} is not what it should be", number) from None
    return found


def _shaped(field: Any, value: Any) -> Any:
    """Pages are drawn from it, and one row of another shape would spoil them all."""
    if not isinstance(value, list if field.default is list else dict):
        raise ValueError
    if field.name == "reasons" and not all(map(_is_reason, value)):
        raise ValueError
    return value


def _is_reason(value: Any) -> bool:
    if isinstance(value, dict):
        return all(isinstance(value.get(name), kind) for name, kind in OF_A_RULE.items())
    return isinstance(value, str)


def _check(field: Any, value: Any) -> None:
    if value is None:
        if not field.null:
            raise ValueError
    elif isinstance(value, str):
        if "\0" in value or len(value) > (field.max_length or len(value)):
            raise ValueError
        if field.choices and value not in dict(field.choices):
            raise ValueError
    elif isinstance(value, bool):
        pass
    elif isinstance(value, int | float):
        if not abs(value) < MOST_NUMBER:
            raise ValueError
    elif isinstance(value, datetime):
        if value.tzinfo is None or not 1 < value.year < 9999:
            raise ValueError
    elif isinstance(value, dict | list) and b"\\u0000" in orjson.dumps(value):
        raise ValueError


def _addresses(written: Any, number: int) -> list[tuple[int, str, str]]:
    try:
        found = [(int(own), str(kind), str(value)) for own, kind, value in written]
    except (TypeError, ValueError):
        raise ImportRefused("a thread without its addresses", number) from None
    if any(kind not in ("identifier", "url") or "\0" in value for _, kind, value in found):
        raise ImportRefused("an address of a thread that none can be", number)
    return found


def _read(name: str, row: Row, number: int) -> Iterator[Read]:
    yield from _READERS.get(name, _aside)(name, row, number)


def _aside(name: str, row: Row, number: int) -> Iterator[Read]:
    yield Aside(name, number, row)


def _thread(_: str, row: Row, number: int) -> Iterator[Read]:
    addresses = row["addresses"]
    yield ThreadRead(
        source=row["source"] if row["source_id"] else SOURCE,
        source_id=row["source_id"] or str(row["id"]),
        names=(f"t{row['id']}",),
        line=number,
        identifiers=tuple(value for _, kind, value in addresses if kind == "identifier"),
        urls=tuple(value for _, kind, value in addresses if kind == "url"),
        title=row["title"],
        closed=row["state"] != Thread.State.OPEN,
        created_at=row["created_at"],
        category=str(row.get("category_id") or ""),
    )
    own_url = next((value for _, kind, value in addresses if kind == "url"), "")
    after = {
        column: row[column] for column in ("merged_into_id", "pinned_id", "ups", "downs") if row.get(column)
    }
    if row["url"] != own_url:
        after["url"] = row["url"]
    if after:
        yield Aside("thread_after", number, {"thread_id": row["id"], **after})
    for own, kind, value in addresses:
        yield Aside("address", number, {"id": own, "kind": kind, "value": value})


def _category(_: str, row: Row, number: int) -> Iterator[Read]:
    name = str(row["id"])
    yield CategoryRead(name, row["title"], number, former=row["former"] or name, place=row["place"])


def _comment(_: str, row: Row, number: int) -> Iterator[Read]:
    yield CommentRead(
        source=row["source"] if row["source_id"] else SOURCE,
        source_id=row["source_id"] or str(row["id"]),
        names=(f"c{row['id']}",),
        thread=(f"t{row['thread_id']}",),
        parent=(f"c{row['parent_id']}",) if row["parent_id"] else (),
        line=number,
        author_name=row["author_name"],
        author_email=row.get("author_email", ""),
        author_url=row["author_url"],
        text=row["text"],
        format=row["format"],
        state=row["state"],
        marked_spam=row["marked_spam"],
        created_at=row["created_at"],
        more={column: value for column, value in row.items() if column not in IN_STREAM},
    )


_READERS: Mapping[str, Callable[[str, Row, int], Iterator[Read]]] = {
    "category": _category,
    "thread": _thread,
    "comment": _comment,
}
