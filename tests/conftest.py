"""Chooses, before Django starts, the settings and the databases of a run of the tests.

DESCANT_TEST_DATABASE=sqlite|postgresql says on what the tests run (SQLite if it is absent); always with two
partitions. DESCANT_TEST_POSTGRESQL names a PostgreSQL server; if it is absent, one is started for the run.
"""

import contextlib
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import django
import pytest
from django.apps import apps
from django.urls import get_resolver

from django_headroom.testing import route_budgets
from tests.servers import running_postgresql

open_for_the_run = contextlib.ExitStack()

# The toolkit's tests run under settings of their own, so one run holds them or the product's, not both.
SETTINGS_OF_THE_TOOLKIT = "tests.headroom.settings"
SETTINGS_OF_THE_PRODUCT = "descant.site.settings"
BUDGETS = Path(__file__).parent / "descant" / "budgets.toml"


def start_django() -> None:
    """The folders below import models in their own conftest, so this happens while ours is imported."""
    paths = [word for word in sys.argv[1:] if Path(word.split("::")[0]).exists()]
    if "PYTEST_XDIST_WORKER" not in os.environ:  # a worker has the environment of the process that started it
        choose_data_folder()
        choose_databases()
        toolkit = bool(paths) and all("headroom" in path for path in paths)
        os.environ["DJANGO_SETTINGS_MODULE"] = SETTINGS_OF_THE_TOOLKIT if toolkit else SETTINGS_OF_THE_PRODUCT
    if paths and all("house" in path for path in paths):
        return  # the rules of the house are read from the files; Django stays away
    django.setup()


def choose_data_folder() -> None:
    """An empty one; and nothing of a developer's own service, which must not lend its databases to the tests."""
    for name in [name for name in os.environ if name.startswith("DESCANT_") and "_TEST_" not in name]:
        del os.environ[name]
    folder = open_for_the_run.enter_context(tempfile.TemporaryDirectory(prefix="descant-tests-"))
    os.environ["DESCANT_DATA"] = folder
    os.environ["DESCANT_ERRORS_DATABASE"] = "global"
    os.environ["DESCANT_ERRORS_SECONDS"] = "0"  # no thread writes at the time of a test
    os.environ["DESCANT_API_PER_HOUR"] = "0"  # all tests ask from one address


def choose_databases() -> None:
    os.environ["DESCANT_PERFORMANCE_DATABASE"] = "global"
    os.environ["DESCANT_PERFORMANCE_SECONDS"] = "0"  # no thread writes at the time of a test
    kind = os.environ.setdefault("DESCANT_TEST_DATABASE", "sqlite")
    if kind == "sqlite":
        os.environ["DESCANT_PARTITIONS"] = "2"
    elif kind == "postgresql":
        server = os.environ.get("DESCANT_TEST_POSTGRESQL")
        if not server:
            server = open_for_the_run.enter_context(running_postgresql())
            os.environ["DESCANT_TEST_POSTGRESQL"] = server
        # Django puts test_ before the names of these databases and makes them itself.
        os.environ["DESCANT_DATABASE"] = f"{server}/descant"
        os.environ["DESCANT_PARTITION_1"] = f"{server}/descant_p1"
        os.environ["DESCANT_PARTITION_2"] = f"{server}/descant_p2"
    else:
        raise pytest.UsageError(f"DESCANT_TEST_DATABASE is {kind!r}; it must be sqlite or postgresql")


start_django()

pytest_plugins = ["django_headroom.testing.plugin"]


@pytest.fixture(autouse=True, scope="session")
def _pages_keep_their_budgets() -> Iterator[None]:
    """Every request to the product, in whatever test, sends no more queries than the file of budgets allows."""
    if os.environ.get("DJANGO_SETTINGS_MODULE") != SETTINGS_OF_THE_PRODUCT or not apps.ready:
        yield
        return
    assert get_resolver().url_patterns  # allauth's hang on settings, which a test may change that asks first
    with route_budgets(BUDGETS) as budgets:
        yield
    if reports := os.environ.get("DESCANT_TEST_REPORTS"):
        name = f"spent-{os.environ['DESCANT_TEST_DATABASE']}-{os.getpid()}.json"
        (Path(reports) / name).write_text(json.dumps(budgets.dearest))


def pytest_unconfigure(config: pytest.Config) -> None:
    open_for_the_run.close()


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Leave the toolkit's tests out of a run that has the product's settings."""
    if os.environ.get("DJANGO_SETTINGS_MODULE") == SETTINGS_OF_THE_TOOLKIT:
        return None
    return True if "/tests/headroom" in collection_path.as_posix() else None


def pytest_report_header() -> str:
    return f"database: {os.environ.get('DESCANT_TEST_DATABASE')}"
