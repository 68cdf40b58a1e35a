"""Hears of statements, caches, templates and HTTP calls of the whole process, and notes them in their own record."""

import http.client
import re
import time
from collections.abc import Callable
from functools import wraps
from typing import Any, NamedTuple

from django.core.cache import caches
from django.db import connections
from django.db.backends.signals import connection_created
from django.template import base
from django.template.backends import jinja2

from django_headroom.caching.asking import Asking, Fetched
from django_headroom.caching.embedded import Embedded
from django_headroom.caching.memcached import Pool
from django_headroom.conf import headroom
from django_headroom.operations.performance.places import place_of_call
from django_headroom.operations.performance.recording import Record, drawing, here, note_call, note_stale

STORES = (Embedded, Pool)
OF_TRANSACTIONS = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE")
OF_CACHES = ("get", "get_many", "set", "add", "set_many", "delete", "delete_many", "incr", "touch")
OF_STORES = ("get", "get_many", "put", "put_many")

_STRANGE = re.compile(r"[^\w .:/<>()-]")

when_slow: list[Callable[[Record, "Sent"], None]] = []
when_sent: list[Callable[[Record, "Sent"], None]] = []
_is_listening: list[None] = []


class Sent(NamedTuple):
    """A statement; what it was asked with is kept in memory, if it was slow, until its plan is known."""

    alias: str
    seconds: float
    sql: str
    params: Any
    failed: bool


def listen() -> None:
    """Begin to hear, for good; what is done outside a record is not noted."""
    if _is_listening:
        return
    _is_listening.append(None)
    connection_created.connect(_attach)
    for connection in connections.all(initialized_only=True):
        _attach(connection)
    caches.create_connection = _listened_to(caches.create_connection)  # type: ignore[method-assign,assignment]
    for store in STORES:
        for name in OF_STORES:
            setattr(store, name, _asked(name, getattr(store, name)))
    Asking.answer = _noted_if_stale(Asking.answer)  # type: ignore[method-assign]
    for template in (base.Template, jinja2.Template):
        template.render = _drawn(template.render)  # type: ignore[method-assign]
    _hear_calls()


def around(execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: dict[str, Any]) -> Any:
    """An ``execute_wrapper``; all that a statement costs besides itself stands here."""
    record = here()
    if record is None or (isinstance(sql, str) and sql.startswith(OF_TRANSACTIONS)):
        return execute(sql, params, many, context)
    alias, settings = context["connection"].alias, headroom()
    if settings.performance_comments and isinstance(sql, str):
        sql = commented(sql, record.route, settings.release, record.trace_id)
    record.asking = (alias, sql)
    began, failed = time.perf_counter(), True
    try:
        found = execute(sql, params, many, context)
        failed = False
        return found
    finally:
        took = time.perf_counter() - began
        record.asking = None
        record.note(alias, took, hash(sql))
        is_slow = took >= settings.performance_slow_seconds > 0
        if is_slow or when_sent:
            sent = Sent(alias, took, str(sql), None if many else params, failed)
            for hear in [*when_sent, *(when_slow if is_slow else ())]:
                hear(record, sent)


def commented(sql: str, route: str, release: str, trace_id: str = "") -> str:
    """A statement that says where it comes from, for whoever reads the server's own log; none of it ends a comment."""
    said = {"route": route, "place": place_of_call(), "release": release}
    if trace_id:
        said["trace_id"] = trace_id
    words = ",".join(f"{name}='{_STRANGE.sub('.', value)}'" for name, value in said.items())
    return f"{sql} /*{words}*/"


def _attach(connection: Any, **_: Any) -> None:
    if around not in connection.execute_wrappers:
        connection.execute_wrappers.insert(0, around)


def _listened_to(make: Callable[[str], Any]) -> Callable[[str], Any]:
    def make_and_listen(alias: str) -> Any:
        cache = make(alias)
        for name in OF_CACHES:
            setattr(cache, name, _asked(name, getattr(cache, name)))
        return cache

    return make_and_listen


def _asked(name: str, call: Callable[..., Any]) -> Callable[..., Any]:
    """What a cache asks of itself is a part of its call; what it asks of a database is the database's."""

    @wraps(call)
    def asked(*positional: Any, **options: Any) -> Any:
        record = here()
        if record is None or record.in_cache:
            return call(*positional, **options)
        spent, record.in_cache, began, failed = record.spent, True, time.perf_counter(), True
        try:
            found = call(*positional, **options)
            failed = False
            if name == "get":
                record.cache_hits += found is not None
                record.cache_misses += found is None
            elif name == "get_many":
                record.cache_hits += len(found)
                record.cache_misses += max(0, len(_keys(positional, options)) - len(found))
            return found
        finally:
            own = time.perf_counter() - began - (record.spent - spent)
            record.in_cache = False
            record.cache[0] += 1
            record.cache[1] += own
            record.cache[2] += failed
            record.spent += own

    return asked


def _keys(positional: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """What ``get_many`` was asked for; of a store's own method the store stands before it."""
    given = options.get("keys") or next((each for each in positional if not isinstance(each, STORES)), ())
    return given if hasattr(given, "__len__") else ()


def _noted_if_stale(answer: Callable[..., Fetched]) -> Callable[..., Fetched]:
    """What ``fetch()`` gives without asking is fresh; whoever has to ask may be given the last one."""

    @wraps(answer)
    def answered(*positional: Any) -> Fetched:
        found = answer(*positional)
        if found.is_stale:
            note_stale()
        return found

    return answered


def _drawn(render: Callable[..., str]) -> Callable[..., str]:
    """A template's own time: without what it has waited for, and with the templates in it."""

    @wraps(render)
    def drawn(template: Any, *positional: Any, **options: Any) -> str:
        with drawing():
            return render(template, *positional, **options)

    return drawn


def _hear_calls() -> None:
    """From the request's first line to the answer's head, which is when the waiting ends."""
    connection = http.client.HTTPConnection
    put, read = connection.putrequest, connection.getresponse

    @wraps(put)
    def putrequest(self: Any, *positional: Any, **options: Any) -> None:
        self._headroom_began = time.perf_counter()
        put(self, *positional, **options)

    @wraps(read)
    def getresponse(self: Any) -> http.client.HTTPResponse:
        failed = True
        try:
            response = read(self)
            failed = response.status >= 500
            return response
        finally:
            note_call(self.host, time.perf_counter() - self._headroom_began, failed)

    connection.putrequest, connection.getresponse = putrequest, getresponse  # type: ignore[method-assign]
