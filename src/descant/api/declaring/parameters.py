"""The arguments of endpoints: each says its name, what it means, how it is read, and its type for OpenAPI."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import Any, Generic, TypeVar

from django.http import QueryDict

Given = QueryDict
T_co = TypeVar("T_co", covariant=True)

_ID = re.compile(r"[0-9]{1,18}", re.ASCII)
_NUMBER = re.compile(r"-?[0-9]{1,18}", re.ASCII)


BINARY = "binary"


class BadArgument(ValueError):
    """An argument that is missing or cannot be read."""


@dataclass(frozen=True)
class Parameter(Generic[T_co]):
    """An argument that endpoints take.

    ``read`` takes all that was given, and raises BadArgument; ``also`` says the further names by which it is asked.
    """

    name: str
    about: str
    read: Callable[[Given], T_co]
    schema: Mapping[str, Any]
    needed: bool = False
    also: Mapping[str, str] = field(default_factory=dict)


def text(name: str, about: str, *, most: int, needed: bool = False) -> Parameter[str]:
    """A text of so many characters at most; empty if it is absent."""

    def read(given: Given) -> str:
        written = given.get(name, "")
        if needed and not written:
            raise bad(name, about)
        if len(written) > most:
            raise bad(name, f"at most {most} characters")
        return written

    return Parameter(name, about, read, {"type": "string", "maxLength": most}, needed)


def whole(name: str, about: str, *, least: int, most: int, default: int | None = None) -> Parameter[int]:
    """A whole number; needed if there is no default."""

    def read(given: Given) -> int:
        written = given.get(name) or ("" if default is None else str(default))
        if not (_NUMBER.fullmatch(written) and least <= int(written) <= most):
            raise bad(name, f"a whole number from {least} to {most}")
        return int(written)

    schema = {"type": "integer", "minimum": least, "maximum": most}
    if default is not None:
        schema |= {"default": default}
    return Parameter(name, about, read, schema, default is None)


def one_of(name: str, about: str, choices: Sequence[str], default: str = "") -> Parameter[str]:
    """One of a few words; empty if it is absent and there is no default."""

    def read(given: Given) -> str:
        written = given.get(name) or default
        if written and written not in choices:
            raise bad(name, " or ".join(choices))
        return written

    schema: dict[str, Any] = {"type": "string", "enum": [*choices]}
    if default:
        schema |= {"default": default}
    return Parameter(name, about, read, schema)


def some_of(
    name: str, about: str, choices: Sequence[str], default: Sequence[str] = ()
) -> Parameter[Sequence[str]]:
    """Any of a few words, the name repeated for each."""

    def read(given: Given) -> Sequence[str]:
        written = every(given, name) or [*default]
        if not set(written) <= set(choices):
            raise bad(name, f"any of {', '.join(choices)}")
        return written

    schema = {"type": "array", "items": {"type": "string", "enum": [*choices]}, "default": [*default]}
    return Parameter(name, about, read, schema)


def row_id(name: str, about: str) -> Parameter[int]:
    """The id of a row; needed."""

    def read(given: Given) -> int:
        return id_in(name, given.get(name, ""))

    return Parameter(name, about, read, ID, needed=True)


def row_id_or_none(name: str, about: str) -> Parameter[int | None]:
    """The id of a row; None if it is absent."""

    def read(given: Given) -> int | None:
        written = given.get(name, "")
        return id_in(name, written) if written else None

    return Parameter(name, about, read, ID)


def row_ids(name: str, about: str, *, most: int, needed: bool = False) -> Parameter[Sequence[int]]:
    """Ids of rows, the name repeated for each."""

    def read(given: Given) -> Sequence[int]:
        written = every(given, name)
        if len(written) > most or (needed and not written):
            raise bad(name, f"give 1 to {most} ids")
        return [id_in(name, each) for each in written]

    schema = {"type": "array", "items": ID, "maxItems": most}
    return Parameter(name, about, read, schema, needed)


def flag_or_none(name: str, about: str) -> Parameter[bool | None]:
    """Yes or no, as programs write them; None if it is absent."""

    def read(given: Given) -> bool | None:
        written = given.get(name, "").lower()
        if written not in ("", "1", "0", "true", "false"):
            raise bad(name, "1 or 0")
        return written in ("1", "true") if written else None

    return Parameter(name, about, read, {"type": "string", "enum": ["1", "0", "true", "false"]})


def moment(name: str, about: str) -> Parameter[datetime | None]:
    """A time: ISO 8601, in UTC if it names no zone, or seconds since 1970; None if it is absent."""

    def read(given: Given) -> datetime | None:
        written = given.get(name)
        if not written:
            return None
        try:
            if _ID.fullmatch(written):
                return datetime.fromtimestamp(int(written), UTC)
            at = datetime.fromisoformat(written)
            return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
        except (ValueError, OverflowError, OSError):
            raise bad(name, "a time such as 2026-11-23T10:00:00, or seconds since 1970") from None

    return Parameter(name, about, read, {"type": "string", "examples": ["2026-11-23T10:00:00"]})


def yes_or_no(name: str, about: str) -> Parameter[bool]:
    """1 or 0; no if it is absent."""

    def read(given: Given) -> bool:
        written = given.get(name) or "0"
        if written not in ("0", "1"):
            raise bad(name, "1 or 0")
        return written == "1"

    return Parameter(name, about, read, {"type": "string", "enum": ["1", "0"], "default": "0"})


def upload(name: str, about: str) -> Parameter[str]:
    """A file; what is read here is one that was sent as text, empty if it was none."""
    return Parameter(name, about, lambda given: given.get(name, ""), {"type": "string", "format": BINARY})


def address(name: str, about: str) -> Parameter[str]:
    """A network address; empty if it is absent."""

    def read(given: Given) -> str:
        written = given.get(name, "").strip()
        try:
            return str(ip_address(written)) if written else ""
        except ValueError:
            raise bad(name, "an address such as 192.0.2.7 or 2001:db8::7") from None

    return Parameter(name, about, read, {"type": "string", "examples": ["192.0.2.7"]})


def every(given: Given, name: str) -> list[str]:
    """All values of a name, also where a client writes ``name[]``; empty ones left out."""
    return [value for value in [*given.getlist(name), *given.getlist(f"{name}[]")] if value]


def id_in(name: str, written: str) -> int:
    """An id. Raises: BadArgument."""
    if not _ID.fullmatch(written):
        raise bad(name, "give an id")
    return int(written)


def bad(name: str, wanted: str) -> BadArgument:
    """What is wrong with an argument, and what would be right."""
    return BadArgument(f"Invalid argument, '{name}': {wanted}.")


ID: dict[str, Any] = {"type": "string", "pattern": "^[0-9]{1,18}$"}
