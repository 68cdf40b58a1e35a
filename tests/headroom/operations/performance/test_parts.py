"""The parts of a request's time add up to the whole, and none of it stands in two of them."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connections
from django.template import engines

from django_headroom.operations.performance import hearing, outgoing, recorded, recording
from django_headroom.operations.performance.telling import line_of
from tests.headroom.market.threads import DATABASES
from tests.headroom.operations.performance.site import ask, leave

pytestmark = pytest.mark.django_db(databases=DATABASES)


class Clock:
    """A clock that goes on only when somebody says so."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def passes(self, ms: float) -> None:
        self.now += ms / 1000

    def perf_counter(self) -> float:
        return self.now

    time = thread_time = perf_counter


CLOCK = Clock()
OWN, STATEMENT, CALL, IN_CACHE, IN_TEMPLATE = 2.0, 7.0, 11.0, 5.0, 3.0  # milliseconds


def slow_key(key: str, prefix: str, version: int) -> str:
    CLOCK.passes(IN_CACHE)
    return key


def slowly(execute: Callable[..., Any], *given: Any) -> Any:
    CLOCK.passes(STATEMENT)
    return execute(*given)


def a_word() -> str:
    """What a template asks for while it is drawn, and waits for."""
    CLOCK.passes(IN_TEMPLATE)
    ask(1)
    cache.get("nothing")
    return "word"


@pytest.fixture(autouse=True)
def _clock(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Iterator[None]:
    """The statements on p1 take their time, and so do the cache and the template."""
    for module in (hearing, recording):
        monkeypatch.setattr(module, "time", CLOCK)
    settings.TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates"}]
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
            "KEY_FUNCTION": f"{__name__}.slow_key",
        }
    }
    with connections["p1"].execute_wrapper(slowly):
        yield
    leave()


def test_what_a_request_waits_for_and_does_itself_is_all_of_its_time() -> None:
    with recorded("job", "bake") as record:
        CLOCK.passes(OWN)
        ask(2)
        cache.get("nothing")
        with outgoing("mill.example"):
            CLOCK.passes(CALL)
        engines["django"].from_string("{{ word }}").render({"word": a_word})
    line = line_of(record)
    found = {
        "db": line["db"]["p1"]["ms"],
        "cache": line["cache"]["ms"],
        "calls": line["calls"][0]["ms"],
        "templates": line["templates"]["ms"],
        "other": line["other_ms"],
    }
    assert found == {
        "db": pytest.approx(3 * STATEMENT),
        "cache": pytest.approx(2 * IN_CACHE),
        "calls": pytest.approx(CALL),
        "templates": pytest.approx(IN_TEMPLATE),
        "other": pytest.approx(OWN),
    }
    assert sum(found.values()) == pytest.approx(line["wall_ms"], abs=0.05)
