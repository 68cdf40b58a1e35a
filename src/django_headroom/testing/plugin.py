"""The same for pytest, beside pytest-django: ``-p django_headroom.testing.plugin``, or by a conftest.

Of its ini file: ``headroom_guards`` names functions that return a context manager, to be opened around the run;
``headroom_leaks = true`` lets each test fail that leaves something behind, ``headroom_kept_threads`` aside.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from django.db import connections
from pytest_django.lazy_django import django_settings_is_configured
from pytest_django.plugin import blocking_manager_key

from django_headroom.testing.counting import QueryCount, assertQueryCount, query_budget
from django_headroom.testing.leaks import Watch
from django_headroom.testing.runner import guarded
from django_headroom.testing.statements import around_every_statement

_run = pytest.StashKey[ExitStack]()
_watch = pytest.StashKey[Watch]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addini("headroom_guards", "context managers to open around the run", type="linelist", default=[])
    parser.addini("headroom_kept_threads", "names of threads that are no leak", type="linelist", default=[])
    parser.addini("headroom_leaks", "fail tests that leave something behind", type="bool", default=False)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "query_budget(n): the test may send at most n queries, to all databases"
    )


@pytest.hookimpl(trylast=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Nothing is turned on where Django has no settings, as for tests that only read files."""
    run = session.config.stash[_run] = ExitStack()
    if django_settings_is_configured():
        run.enter_context(guarded(session.config.getini("headroom_guards")))


def pytest_sessionfinish(session: pytest.Session) -> None:
    session.config.stash[_run].close()


@pytest.fixture(name="assertQueryCount")
def _assert_query_count() -> Callable[..., QueryCount]:
    """The function of ``django_headroom.testing``."""
    return assertQueryCount


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """The budget is the test's own: what its fixtures cost is not counted."""
    marker = item.get_closest_marker("query_budget")
    if marker is None:
        return (yield)
    with query_budget(*marker.args, **marker.kwargs):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(fixturedef: Any, request: pytest.FixtureRequest) -> Iterator[None]:
    """The watch begins when databases are made: those that are written to then are the run's."""
    config = request.config
    if fixturedef.argname == "django_db_setup" and config.getini("headroom_leaks"):
        watch = config.stash[_watch] = Watch(kept=tuple(config.getini("headroom_kept_threads")))
        config.stash[_run].enter_context(around_every_statement(watch.note))
        found = yield
        with config.stash[blocking_manager_key].unblock():
            watch.begin(sorted(watch.written.intersection(connections)))
        return found
    found = yield
    if _watch in config.stash and fixturedef.scope != "function":
        config.stash[_watch].accept_threads()
    return found


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> Iterator[None]:
    """A class of Django's has one transaction around all its tests; after the last test the databases are gone."""
    found = yield
    case = getattr(item, "cls", None)
    goes_on = nextitem is None or (case is not None and getattr(nextitem, "cls", None) is case)
    if _watch in item.config.stash and not goes_on:
        with item.config.stash[blocking_manager_key].unblock():
            item.config.stash[_watch].check()
    return found
