"""Route budgets: one file says how many queries a request of each route may send; no request may send more."""

import tomllib
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from asgiref.sync import iscoroutinefunction
from django.conf import settings
from django.db import connection
from django.http import HttpRequest
from django.test import override_settings
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils.decorators import sync_and_async_middleware

from django_headroom.testing.counting import BudgetExceeded, note
from django_headroom.testing.dumping import Spent
from django_headroom.testing.statements import Execute, around_every_statement

_open: list["RouteBudgets"] = []
_here: ContextVar[Spent | None] = ContextVar("what the request of this context has spent", default=None)


@contextmanager
def route_budgets(file: str | Path) -> Iterator["RouteBudgets"]:
    """For a run: fail each request that sends more queries than the file allows its route, or has no line in it.

    What a request sends in its own thread, or its own tasks, to all databases together is counted, of whatever client:
    also where the server runs in another thread of the tests. A middleware is put before those of the settings for it.

    Args:
        file: TOML; ``"route" = 6``, ``"POST route" = 9`` for one method, and where databases differ
            ``"route" = {sqlite = 6, postgresql = 4}``.

    Raises:
        BudgetExceeded: in the request, with all its queries; Django's test client raises it in the test.

    >>> with route_budgets("tests/budgets.toml"):
    ...     client.get("/embed/comments/?f=gazette&t_i=bread")
    """
    budgets = RouteBudgets.read(file)
    counting = nullcontext() if _open else around_every_statement(_note_here)
    _open.append(budgets)
    judged = [f"{__name__}.judge", *(each for each in settings.MIDDLEWARE if each != f"{__name__}.judge")]
    try:
        with counting, override_settings(MIDDLEWARE=judged):
            yield budgets
    finally:
        _open.remove(budgets)


@dataclass(eq=False, frozen=True)
class RouteBudgets:
    """The lines of a file of budgets, and what was spent of them.

    >>> assert RouteBudgets.read("tests/budgets.toml").faults() == []
    """

    file: Path
    lines: dict[str, int | dict[str, int]] = field(default_factory=dict)
    dearest: dict[str, int] = field(default_factory=dict)
    """By method and route, what the dearest request of this process has sent: a line that allows more has slack."""

    @classmethod
    def read(cls, file: str | Path) -> "RouteBudgets":
        """The budgets that stand in a file."""
        return cls(Path(file), tomllib.loads(Path(file).read_text(encoding="utf-8")))

    def most(self, method: str, route: str) -> int | None:
        """How many queries a request may send, on the kind of database that the tests run on; None for no line."""
        line = self.lines.get(f"{method} {route}", self.lines.get(route))
        return line[connection.vendor] if isinstance(line, dict) else line

    def faults(self) -> list[str]:
        """A sentence for each route of the settings' URLs that has no line, and for each line that has no route."""
        routes = set(_routes(get_resolver().url_patterns))
        lines = {self.route_of(line) for line in self.lines}
        return [f"{route!r} has no budget in {self.file}." for route in sorted(routes - lines)] + [
            f"{route!r} has a budget in {self.file}, and there is no such route."
            for route in sorted(lines - routes)
        ]

    @staticmethod
    def route_of(line: str) -> str:
        """The route of a line, which may begin with a method."""
        method, space, route = line.partition(" ")
        return route if space and method.isalpha() and method.isupper() else line


@sync_and_async_middleware
def judge(get_response: Any) -> Any:
    """A middleware: count what a request sends, and hold it against the budget of its route."""
    if iscoroutinefunction(get_response):

        async def judged_later(request: HttpRequest) -> Any:
            with _spent_here() as spent:
                response = await get_response(request)
            _hold(request, spent)
            return response

        return judged_later

    def judged(request: HttpRequest) -> Any:
        with _spent_here() as spent:
            response = get_response(request)
        _hold(request, spent)
        return response

    return judged


@contextmanager
def _spent_here() -> Iterator[Spent]:
    token = _here.set(spent := Spent(with_texts=False))
    try:
        yield spent
    finally:
        _here.reset(token)


def _note_here(execute: Execute, *call: Any) -> Any:
    spent = _here.get()
    return execute(*call) if spent is None else note(spent, execute, *call)


def _hold(request: HttpRequest, spent: Spent) -> None:
    if request.resolver_match is None:
        return  # a middleware has answered, or nobody
    method, route = str(request.method), request.resolver_match.route
    for budgets in _open:
        most = budgets.most(method, route)
        asked = f"{method} {route}"
        budgets.dearest[asked] = max(spent.count, budgets.dearest.get(asked, 0))
        if most is None:
            raise BudgetExceeded(
                f"No budget for {method} {route!r} in {budgets.file}. It has sent {spent.count} queries: if that is "
                f'what it must cost, write "{route}" = {spent.count} there.\n{spent}'
            )
        if spent.count > most:
            raise BudgetExceeded(
                f"{spent.count} queries for {method} {route!r}, {most} allowed by {budgets.file}:\n{spent}"
            )


def _routes(patterns: Any, before: str = "") -> Iterator[str]:
    for each in patterns:
        own = str(each.pattern)
        route = before + own.removeprefix("^") if before else own  # as Django joins them
        if isinstance(each, URLResolver):
            yield from _routes(each.url_patterns, route)
        elif isinstance(each, URLPattern):
            yield route
