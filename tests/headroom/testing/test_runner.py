"""Django's own runner turns the same on, also in several processes; and a run's guards are opened around it."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from django_headroom.testing import HeadroomRunner, around_every_statement
from django_headroom.testing.runner import guarded
from tests.headroom.market.people.models import Person
from tests.headroom.market.threads import DATABASES
from tests.headroom.settings import ON_POSTGRESQL
from tests.servers import running_postgresql

Run = Callable[..., "subprocess.CompletedProcess[str]"]
ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def server() -> Iterator[dict[str, str]]:
    """A run beside this one has databases of the same names, so it needs a server of its own."""
    if not ON_POSTGRESQL:
        yield {}
        return
    with running_postgresql() as url:
        yield {"DESCANT_TEST_POSTGRESQL": url}


@pytest.fixture
def run(server: dict[str, str], tmp_path: Path) -> "Run":
    return partial(run_suite, {**os.environ, **server, "DESCANT_DATA": str(tmp_path)})


def run_suite(environment: dict[str, str], suite: str, *words: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "django", "test", f"tests.headroom.market.suite.{suite}"]
    command += [
        "--settings=tests.headroom.settings",
        "--testrunner=django_headroom.testing.HeadroomRunner",
        *words,
    ]
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=120
    )


in_two = pytest.mark.skipif(
    not ON_POSTGRESQL, reason="Django copies a SQLite file without its write-ahead log"
)


@pytest.mark.parametrize("words", [[], pytest.param(["--parallel=2"], marks=in_two)])
def test_replicas_behave_under_djangos_runner(words: list[str], run: Run) -> None:
    done = run("right", *words)
    assert done.returncode == 0, done.stderr
    assert "Ran 4 tests" in done.stderr


def test_what_is_wrong_is_told_under_djangos_runner(run: Run) -> None:
    told = run("wrong").stderr
    assert "BudgetExceeded: 2 queries, 1 allowed:\npeople: 2 in " in told
    assert "Leaked: Left behind: the thread 'a baker'." in told
    assert "FAILED (failures=1, errors=1)" in told


calls: list[str] = []


@contextmanager
def refusing_nothing() -> Iterator[None]:
    """A guard, as a project would write one."""

    def note(execute: Any, sql: str, *call: Any) -> Any:
        calls.append(sql)
        return execute(sql, *call)

    with around_every_statement(note):
        yield
    calls.append("closed")


@pytest.mark.django_db(databases=DATABASES)
@pytest.mark.parametrize("guard", [refusing_nothing, f"{__name__}.refusing_nothing"])
def test_a_guard_is_open_for_the_run(guard: Any) -> None:
    calls.clear()
    with guarded([guard]):
        Person.objects.count()
    assert len(calls) == 2
    assert calls[-1] == "closed"


def test_the_runner_has_no_guards_of_its_own() -> None:
    assert HeadroomRunner.guards == []
