"""A small project turns everything on by its settings and its ini file: under Django's runner and under pytest."""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from django_headroom.testing import HeadroomRunner, around_every_statement
from django_headroom.testing.runner import guarded
from tests.headroom.market.people.models import Person
from tests.headroom.market.threads import DATABASES
from tests.headroom.settings import ON_POSTGRESQL
from tests.servers import running_postgresql

Done = subprocess.CompletedProcess[str]
Run = Callable[..., Done]
ROOT = Path(__file__).resolve().parents[3]
SUITE = "tests/headroom/market/suite"
MODULE = SUITE.replace("/", ".")
DJANGO = ["django", "test", f"--settings={MODULE}.settings", f"{MODULE}.{{part}}"]
PYTEST = [
    "pytest",
    "-c",
    f"{SUITE}/pytest.ini",
    f"--rootdir={ROOT}",
    f"--confcutdir={SUITE}",
    f"{SUITE}/{{part}}.py",
]
TESTS_THAT_ARE_WRONG = [
    *("test_two", "test_begin", "test_keep", "test_ask", "test_a_dear_one", "test_a_new_one", "test_call"),
    "test_compare",
]
both_runners = pytest.mark.parametrize("runner", [DJANGO, PYTEST], ids=["django", "pytest"])
in_two = pytest.mark.skipif(
    not ON_POSTGRESQL, reason="Django copies a SQLite file without its write-ahead log"
)


@pytest.fixture(scope="module")
def server() -> Iterator[dict[str, str]]:
    """A run beside this one has databases of the same names, so it needs a server of its own."""
    if not ON_POSTGRESQL:
        yield {}
        return
    with running_postgresql() as url:
        yield {"DESCANT_TEST_POSTGRESQL": url}


@pytest.fixture
def run(server: dict[str, str], tmp_path: Path) -> Run:
    ours = {name: word for name, word in os.environ.items() if not name.startswith(("PYTEST", "DJANGO_"))}
    return partial(
        run_suite, {**ours, **server, "DESCANT_DATA": str(tmp_path), "PYTHONPATH": f"{ROOT}:{ROOT}/src"}
    )


def run_suite(environment: dict[str, str], runner: list[str], part: str, *words: str) -> Done:
    command = [sys.executable, "-m", *(word.format(part=part) for word in runner), *words]
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=120
    )


@pytest.mark.parametrize(
    ("runner", "words", "says"),
    [
        (DJANGO, [], "Ran 7 tests"),
        pytest.param(DJANGO, ["--parallel=2"], "Ran 7 tests", marks=in_two),
        (PYTEST, [], "7 passed"),
        (PYTEST, ["-n", "2", "--shuffle"], "7 passed"),
    ],
)
def test_a_project_whose_tests_are_right_passes(
    runner: list[str], words: list[str], says: str, run: Run
) -> None:
    done = run(runner, "right", *words)
    assert done.returncode == 0, done.stderr + done.stdout
    assert says in done.stderr + done.stdout


@both_runners
def test_each_thing_that_is_wrong_fails_its_test_and_is_told(runner: list[str], run: Run) -> None:
    done = run(runner, "wrong")
    told = done.stdout + done.stderr
    for what in (
        r"BudgetExceeded: 2 queries, 1 allowed:\n.*people: 2 in ",
        r"cache 'default': 1 in .*\n.* get .*'offer'.*wrong\.py",
        r"Leaked: Left behind: the thread 'a baker'\.",
        r"Leaked: Left behind: 1 keys in the cache 'default': 'bread'\.",
        r"Database queries to 'people' are not allowed in this test",
        r"BudgetExceeded: 2 queries for GET 'shops/', 1 allowed by \S*budgets.toml:\n",
        r"BudgetExceeded: No budget for GET 'new/' in .* write \"new/\" = 1 there",
        r"HostRefused: A call to '192\.0\.2\.1' from .*wrong\.py:\d+",
        r"(?s)assert Person\.objects\.count\(\) == 1.*people: 1 in .*SELECT COUNT.*wrong\.py",
    ):
        assert re.search(what, told), f"{what} is not in\n{told}"
    assert "Nobody has heard:\ndefault: baked {'loaves': 3}, tried 0 times" in re.sub(r"\n[E ]+", "\n", told)
    assert re.search(r"FAILED \(failures=\d, errors=\d\)|6 failed, 2 passed, 2 errors", told), told


def test_a_function_that_fails_shows_what_it_has_sent_and_said(run: Run) -> None:
    told = run(PYTEST, "plain").stdout
    assert re.search(
        r"The last queries -+\ndefault: 1 in .*\n    1\. .*INSERT .*delayed_event.*plain\.py:\d+\n", told
    )
    assert re.search(r"nobody has heard -+\ndefault: baked {'loaves': 3}, tried 0 times\n", told), told


@both_runners
def test_what_became_of_each_test_is_written_as_xml(runner: list[str], run: Run, tmp_path: Path) -> None:
    option = f"--xml={tmp_path}/report.xml" if runner is DJANGO else f"--junitxml={tmp_path}/report.xml"
    run(runner, "wrong", option)
    (suite,) = ElementTree.parse(tmp_path / "report.xml").getroot().iter("testsuite")
    cases = {case.get("name"): [each.tag for each in case] for case in suite.iter("testcase")}
    assert cases["test_ask"] in (["failure"], ["error"])
    assert cases["test_a_dear_one"] in (["failure"], ["error"])
    assert suite.get("tests") == str(len(TESTS_THAT_ARE_WRONG)), "and no test twice"
    assert set(TESTS_THAT_ARE_WRONG) <= set(cases)


@both_runners
def test_an_order_by_chance_can_be_had_again(runner: list[str], run: Run) -> None:
    option = "--shuffle" if runner is DJANGO else "--shuffle-seed"
    words = ["--shuffle", "-v2"] if runner is DJANGO else ["--shuffle", "-v"]
    first = run(runner, "right", *words)
    told = first.stdout + first.stderr
    seed = re.search(r"shuffle seed: (\d+)|--shuffle-seed=(\d+)", told)
    assert seed is not None, told
    words[0] = f"{option}={seed[1] or seed[2]}"
    again = run(runner, "right", *words)
    assert order_of(told) == order_of(again.stdout + again.stderr)
    assert len(order_of(told)) == 7


def order_of(told: str) -> list[str]:
    return re.findall(r"^(test_\w+) \(|::(test_\w+) PASSED", told, re.MULTILINE)


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
