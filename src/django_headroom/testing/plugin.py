"""The same for pytest, beside pytest-django: ``-p django_headroom.testing.plugin``, or by a conftest.

Of its ini file: ``headroom_guards`` names functions that return a context manager, to be opened around the run;
``headroom_leaks = true`` lets each test fail that leaves something behind, ``headroom_kept_threads`` aside;
``headroom_route_budgets`` names files of budgets of routes; ``headroom_hosts`` are all that may be called.
``--shuffle`` runs the tests in an order by chance. A test that fails shows what it has sent.
"""

import random
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from django.db import connections
from pytest_django.lazy_django import django_settings_is_configured
from pytest_django.plugin import blocking_manager_key

from django_headroom.testing.calls import hearing, only_hosts
from django_headroom.testing.counting import QueryCount, assertQueryCount, queries_counted, query_budget
from django_headroom.testing.dumping import Spent
from django_headroom.testing.failing import unheard_events
from django_headroom.testing.leaks import Watch
from django_headroom.testing.routes import route_budgets
from django_headroom.testing.runner import guarded
from django_headroom.testing.statements import around_every_statement

SHOWN = 30
"""Of a test that fails: how many of its last statements, and of its calls, are shown."""

SEED = "headroom_seed"

_run = pytest.StashKey[ExitStack]()
_spent = pytest.StashKey[Spent]()
_watch = pytest.StashKey[Watch]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addini("headroom_guards", "context managers to open around the run", type="linelist", default=[])
    parser.addini("headroom_kept_threads", "names of threads that are no leak", type="linelist", default=[])
    parser.addini("headroom_leaks", "fail tests that leave something behind", type="bool", default=False)
    parser.addini(
        "headroom_route_budgets", "files of what requests of each route may cost", type="paths", default=[]
    )
    parser.addini("headroom_hosts", "the hosts that tests may call", type="args", default=[])
    group = parser.getgroup("headroom")
    group.addoption(
        "--shuffle", action="store_true", help="run modules, classes and tests in an order by chance"
    )
    group.addoption(
        "--shuffle-seed", type=int, metavar="SEED", help="run them again in the order of this seed"
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "query_budget(n): the test may send at most n queries, to all databases"
    )
    if hasattr(config, "workerinput"):
        config.option.shuffle_seed = config.workerinput[SEED]
    elif config.option.shuffle and config.option.shuffle_seed is None:
        config.option.shuffle_seed = random.randrange(10**6)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """The processes of a parallel run must agree on the order."""
    node.workerinput[SEED] = node.config.option.shuffle_seed


def pytest_report_header(config: pytest.Config) -> str | None:
    seed = config.option.shuffle_seed
    return None if seed is None else f"order: by chance, and again by --shuffle-seed={seed}"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What shares a module or a class stays together, as what it shares is made once."""
    if config.option.shuffle_seed is not None:
        chance = random.Random(config.option.shuffle_seed)
        places: dict[object, float] = {}
        for item in sorted(items, key=lambda item: item.nodeid):
            for each in (item.path, getattr(item, "cls", None), item):
                places.setdefault(each, chance.random())
        items.sort(key=lambda item: [places[each] for each in (item.path, getattr(item, "cls", None), item)])


@pytest.hookimpl(trylast=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Nothing is turned on where Django has no settings, as for tests that only read files."""
    run = session.config.stash[_run] = ExitStack()
    config = session.config
    if django_settings_is_configured():
        run.enter_context(guarded(config.getini("headroom_guards")))
        for file in config.getini("headroom_route_budgets"):
            run.enter_context(route_budgets(file))
    if hosts := config.getini("headroom_hosts"):
        run.enter_context(only_hosts(*hosts))


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
    with ExitStack() as around:
        last = Spent(deque(maxlen=SHOWN), deque(maxlen=SHOWN), with_texts=False)
        item.stash[_spent] = around.enter_context(queries_counted(last))
        if marker is not None:
            around.enter_context(query_budget(*marker.args, **marker.kwargs))
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: Any) -> Any:
    """A test that fails shows what it has sent last, and the events that nobody has heard; pytest shows the log."""
    report: Any = yield
    if report.failed and _spent in item.stash:
        shown = {"queries": str(item.stash[_spent])}
        if django_settings_is_configured():
            with item.config.stash[blocking_manager_key].unblock():
                shown["events that nobody has heard"] = unheard_events()
        report.sections += [(f"The last {name}", text) for name, text in shown.items() if text]
    return report


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(fixturedef: Any, request: pytest.FixtureRequest) -> Iterator[None]:
    """The watch begins when databases are made: those that are written to then are the run's."""
    config = request.config
    if fixturedef.argname == "django_db_setup" and config.getini("headroom_leaks"):
        watch = config.stash[_watch] = Watch(kept=tuple(config.getini("headroom_kept_threads")))
        config.stash[_run].enter_context(around_every_statement(watch.note))
        config.stash[_run].enter_context(hearing(watch.hear))
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
