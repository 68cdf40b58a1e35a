"""Answers that stay as they were first given, for the length of a request and in what follows from it."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from django_headroom.operations.switches import knowing
from django_headroom.operations.switches.declaring import declared
from django_headroom.operations.switches.judging import Actor, judged


class Held:
    """How switches stood when it began, and what has been answered since."""

    __slots__ = ("_stood", "given")

    def __init__(self, given: Mapping[str, bool]) -> None:
        if len(knowing.answers) < len(declared()):
            knowing.publish()
        self._stood, self.given = knowing.steady, dict(given)

    def is_on(
        self, name: str, actor: Actor | str | None, may_choose: bool, where: Mapping[str, object]
    ) -> bool:
        """As it was answered before; by the name alone where it is the same for everybody."""
        if name in self.given:
            return self.given[name]
        asked = _written(name, actor, may_choose, where)
        if asked in self.given:
            return self.given[asked]
        answer = self._stood.get(name)
        if answer is None:  # declared since
            answer = knowing.answers.get(name, False)
        found = judged(answer, actor, may_choose, where)
        self.given[name if isinstance(answer, bool) else asked] = found
        return found


held_now: ContextVar[Held | None] = ContextVar("headroom switches held", default=None)


@contextmanager
def held(given: Mapping[str, bool] | None = None) -> Iterator[None]:
    """While it lasts a switch is what it was when the block began, but one that is declared with ``kill``.

    Args:
        given: what was answered where this follows from, as ``given()`` has told it there.

    >>> with held():
    ...     assert is_on("wings") is is_on("wings")
    """
    token = held_now.set(Held(given or {}))
    try:
        yield
    finally:
        held_now.reset(token)


def given() -> dict[str, bool]:
    """What has been answered in this block, in plain JSON, to be taken along by what follows from it.

    >>> with held(given()):
    ...     is_on("wings")
    """
    now = held_now.get()
    return dict(now.given) if now is not None else {}


class HeldSwitches:
    """Middleware: within one request a switch is asked as often as one likes, and is one thing."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        with held():
            return self._get_response(request)


def _written(name: str, actor: Any, may_choose: bool, where: Mapping[str, object]) -> str:
    key, is_staff = actor if isinstance(actor, Actor) else (actor or "", False)
    asked = [f"{kind}={each}" for kind, each in sorted(where.items())]
    return "\n".join([name, str(key), f"{is_staff:d}{may_choose:d}", *asked])
