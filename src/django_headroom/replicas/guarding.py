"""What each connection is given: a replica's refuses writes before they are sent, a primary's notes that one was."""

import re
from typing import Any

from django.db.backends.signals import connection_created

from django_headroom.conf import headroom
from django_headroom.connections.patience.bounds import watch_statement
from django_headroom.homes import primary_of
from django_headroom.replicas import sessions

_FIRST_WORD = re.compile(r"(?:\s|\(|--[^\n]*\n|/\*.*?\*/)*(\w+)", re.DOTALL)
_WRITES = re.compile(r"\b(?:INSERT|UPDATE|DELETE|MERGE)\b", re.IGNORECASE)
_READS = {
    *("SELECT", "VALUES", "TABLE", "EXPLAIN", "SHOW", "PRAGMA", "FETCH", "DECLARE", "CLOSE", "MOVE", "WAIT"),
    *(
        "BEGIN",
        "START",
        "COMMIT",
        "END",
        "ROLLBACK",
        "ABORT",
        "SAVEPOINT",
        "RELEASE",
        "SET",
        "RESET",
        "DISCARD",
    ),
    *("LISTEN", "UNLISTEN", "PREPARE", "DEALLOCATE", "LOAD"),
}


class OnlyForReading(Exception):
    """A statement that writes, sent to a replica."""


def guard_connections() -> None:
    """Have every connection that is opened from now on guarded; called when the module is imported."""
    connection_created.connect(_guard, dispatch_uid="headroom.replicas")


def _guard(*, connection: Any, **_: Any) -> None:
    copies = headroom().replicas
    if connection.alias in copies:
        wrappers = [_note_write, watch_statement]
    elif primary_of(connection.alias) != connection.alias:
        wrappers = [_refuse_write, watch_statement]
    else:
        return  # without replicas nothing is added, and nothing costs
    for each in wrappers if connection.vendor == "postgresql" else wrappers[:1]:
        if each not in connection.execute_wrappers:
            connection.execute_wrappers.append(each)


def _note_write(execute: Any, sql: Any, *call: Any) -> Any:
    session = sessions.current()
    if session is not None and _is_write(sql, call[-1]):
        session.written.add(call[-1]["connection"].alias)
    return execute(sql, *call)


def _refuse_write(execute: Any, sql: Any, *call: Any) -> Any:
    if _is_write(sql, call[-1]):
        alias = call[-1]["connection"].alias
        raise OnlyForReading(
            f"{_first_word(sql, call[-1])} was sent to {alias!r}, which is a replica and only for reading: "
            f"write to its primary, as in .using({primary_of(alias)!r})."
        )
    return execute(sql, *call)


def _is_write(sql: Any, context: Any) -> bool:
    word = _first_word(sql, context)
    if word == "WITH":
        return _WRITES.search(_text(sql, context)) is not None
    return bool(word) and word not in _READS


def _first_word(sql: Any, context: Any) -> str:
    found = _FIRST_WORD.match(_text(sql, context))
    return found[1].upper() if found else ""


def _text(sql: Any, context: Any) -> str:
    return sql if isinstance(sql, str) else str(sql.as_string(context["connection"].connection))
