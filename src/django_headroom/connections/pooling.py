"""Pools of connections: what a pool in the process and a pooler outside it need, and what must not go through one.

Inside, Django's own pool hands out a connection that was ended meanwhile as if it were alive; here it is found out
before it is used. Outside, a pooler such as PgBouncer gives a server's session away after each transaction; what leans
on a session is refused by name.
"""

import ast
import re
import select
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from django.apps import AppConfig, apps
from django.core import checks
from django.db import DatabaseError, InterfaceError, OperationalError, connections
from django.db.backends.signals import connection_created
from django.http import HttpRequest, HttpResponse
from psycopg_pool import PoolTimeout, TooManyRequests

from django_headroom.conf import headroom
from django_headroom.connections.patience import OutOfReach

RETRY_SECONDS = 2
_OF_A_SESSION = re.compile(
    r"\bpg_(?:try_)?advisory_(?:un)?lock(?:_shared|_all)?\s*\(|^\s*(?:UN)?LISTEN\b|^\s*DECLARE\b.*\bWITH\s+HOLD\b"
    r"|^\s*SET\s+(?!LOCAL\b|TRANSACTION\b|CONSTRAINTS\b)|^\s*(?:PREPARE\b|CREATE\s+TEMP)",
    re.IGNORECASE | re.DOTALL,
)
# Connection failures, resources, a server that ends or starts, a transaction that was idle for too long.
_AWAY = ("08", "53", "57P", "25P03")
_IN_CODE = re.compile(r"\bpg_(?:try_)?advisory_lock(?:_shared)?\s*\(|^\s*LISTEN\s+\w", re.IGNORECASE)


class OfASession(Exception):
    """A statement that leans on a session, sent to a pooler that gives the session away after the transaction."""


@dataclass(frozen=True)
class Gauge:
    """How full a pool of this process is; ``wait_ms`` is what all have waited together so far."""

    size: int
    idle: int
    waiting: int
    wait_ms: int
    refused: int


def gauges() -> dict[str, Gauge]:
    """What each pool of this process holds, by alias; whichever thread asks.

    >>> gauges()["p1"].waiting
    0
    """
    found = {}
    for alias in connections:
        # Asked for its pool, a connection would make one.
        pool = getattr(connections[alias], "_connection_pools", {}).get(alias)
        if pool is not None:
            told = pool.get_stats()
            found[alias] = Gauge(
                size=told.get("pool_size", 0),
                idle=told.get("pool_available", 0),
                waiting=told.get("requests_waiting", 0),
                wait_ms=told.get("requests_wait_ms", 0),
                refused=told.get("requests_errors", 0),
            )
    return found


def is_exhausted(error: BaseException) -> bool:
    """Whether an error says that no connection became free in time.

    >>> is_exhausted(OperationalError("too late"))
    False
    """
    return isinstance(error.__cause__, PoolTimeout | TooManyRequests)


def is_out_of_reach(error: BaseException) -> bool:
    """Whether an error says that the server was not there to answer: gone, starting, silent, or full.

    >>> is_out_of_reach(OperationalError("no such table"))
    False
    """
    if isinstance(error, OutOfReach):
        return True
    if not isinstance(error, DatabaseError | InterfaceError) or not isinstance(
        error.__cause__, psycopg.Error
    ):
        return False
    code = error.__cause__.sqlstate  # without one it is the driver's own word: that nobody is there
    return isinstance(error, OperationalError | InterfaceError) if code is None else code.startswith(_AWAY)


class TryLater:
    """Middleware: 503 with ``Retry-After`` where a database is out of reach, or has no connection free."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not is_out_of_reach(error):
            return None
        headers = {"Retry-After": str(RETRY_SECONDS), "Cache-Control": "no-store"}
        return HttpResponse(
            "The database cannot be asked just now: try again in a moment.\n",
            status=503,
            content_type="text/plain",
            headers=headers,
        )


def guard_connections() -> None:
    """Have every connection that is taken from now on looked at; called when the module is imported."""
    connection_created.connect(_guard, dispatch_uid="headroom.pooling")


def _guard(*, connection: Any, **_: Any) -> None:
    if getattr(connection, "pool", None) is not None:
        _replace_ended(connection)
    if connection.alias in headroom().pooled and _refuse_of_a_session not in connection.execute_wrappers:
        connection.execute_wrappers.append(_refuse_of_a_session)


def _replace_ended(connection: Any) -> None:
    """Take another connection for one that its server has ended; none of them has said a word yet.

    The pool's own check costs a round trip each time, and waits for seconds when all are ended.
    """
    while _is_ended(connection.connection):
        ended, pool = connection.connection, connection.pool
        ended.close()  # so that the pool sees what it gets, and makes a new one
        pool.putconn(ended)
        connection.connection = None  # should no other come
        connection.connection = pool.getconn()


def _is_ended(connection: psycopg.Connection[Any]) -> bool:
    """An idle connection has nothing to say; if it has, it is a farewell, or something that an empty query takes in."""
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    if not poll.poll(0):
        return False
    try:
        connection.execute("")
    except psycopg.Error:
        return True
    return False


def _refuse_of_a_session(execute: Any, sql: Any, *call: Any) -> Any:
    alias = call[-1]["connection"].alias
    pooled = headroom().pooled
    found = _OF_A_SESSION.search(sql) if alias in pooled and isinstance(sql, str) else None
    if found:
        direct = pooled[alias]
        cure = f"send it to {direct!r}" if direct else f"name a direct alias in HEADROOM['POOLED'][{alias!r}]"
        raise OfASession(
            f"{' '.join(found[0].split())!r} leans on a session, and {alias!r} has none of its own: it leads to a "
            f"pooler. {cure[0].upper()}{cure[1:]}, or keep to the transaction (pg_advisory_xact_lock, SET LOCAL)."
        )
    return execute(sql, *call)


@checks.register("headroom")
def check_pooled(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[checks.CheckMessage]:
    """System check: an alias that leads to a pooler asks nothing of it that it cannot give.

    >>> check_pooled(None)
    []
    """
    pooled = headroom().pooled
    found: list[checks.CheckMessage] = []
    for alias, direct in pooled.items():
        for each in filter(None, (alias, direct)):
            if each not in connections.settings:
                found.append(
                    checks.Error(
                        f"HEADROOM['POOLED'] names {each!r}, and DATABASES has no such alias.",
                        hint="Add it to DATABASES, or correct the name.",
                        id="headroom.E301",
                    )
                )
        if alias in connections.settings:
            found += _check_alias(alias)
    nowhere = [alias for alias, direct in pooled.items() if not direct]
    return found + ([_in_code(place, nowhere) for place in _places_in_code(app_configs)] if pooled else [])


def _check_alias(alias: str) -> Iterator[checks.CheckMessage]:
    told = connections.settings[alias]
    if not told.get("DISABLE_SERVER_SIDE_CURSORS"):
        yield checks.Error(
            f"{alias!r} leads to a pooler, and .iterator() would open a cursor there that the next one cannot see.",
            hint=f"Set DATABASES[{alias!r}]['DISABLE_SERVER_SIDE_CURSORS'] = True.",
            id="headroom.E302",
        )
    if told.get("OPTIONS", {}).get("prepare_threshold") is not None:
        yield checks.Warning(
            f"{alias!r} leads to a pooler, and would prepare statements in sessions that are given away.",
            hint="Take prepare_threshold out of its OPTIONS; if it is PgBouncer 1.21 or newer, silence this check.",
            id="headroom.W303",
        )


def _in_code(place: str, nowhere: list[str]) -> checks.CheckMessage:
    if nowhere:
        return checks.Error(
            f"{place} takes a session's lock or listens; {nowhere[0]!r} leads to a pooler, and nothing leads past it.",
            hint=f"Use pg_advisory_xact_lock, or name a direct alias in HEADROOM['POOLED'][{nowhere[0]!r}].",
            id="headroom.E305",
        )
    return checks.Warning(
        f"{place} takes a session's lock or listens, and there are aliases that lead to a pooler.",
        hint="Use pg_advisory_xact_lock, or the direct alias; if it does already, silence this check.",
        id="headroom.W304",
    )


def _places_in_code(app_configs: Sequence[AppConfig] | None) -> Iterator[str]:
    """Texts in the project's own apps that look like such statements; the toolkit's own know of poolers."""
    toolkit = Path(__file__).parents[1]
    for config in app_configs or apps.get_app_configs():
        folder = Path(config.path)
        if {"site-packages", "dist-packages"} & set(folder.parts) or folder.is_relative_to(toolkit):
            continue
        for module in sorted(folder.rglob("*.py")):
            for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
                if (
                    isinstance(node, ast.Constant)
                    and isinstance(node.value, str)
                    and _IN_CODE.search(node.value)
                ):
                    yield f"{config.label}/{module.relative_to(folder)}:{node.lineno}"


guard_connections()
