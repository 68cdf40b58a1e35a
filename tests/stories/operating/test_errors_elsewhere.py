"""Errors of every kind of process are found, of one site on another that was away for a while, and of any program."""

import contextlib
import http.client
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.servers import free_port
from tests.stories.serving import descant, environment_of_a_site, leave, serving

LONG = 240  # seconds, of a machine that has much else to do
# What fails in each kind of process, and the lines of settings that bring it in.
BREAKING = """
from django.apps import AppConfig


class Breaking(AppConfig):
    name = label = "breaking"
    path = "."

    def ready(self):
        from django_headroom.delayed.jobs.scheduling import every

        every(1, name="break", limit=5)(break_a_job)


class Pages:
    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if request.path == "/break/":
            raise ZeroDivisionError("in a page")
        return self.get_response(request)


def break_a_job():
    raise LookupError("in a job")
"""
SETTINGS = """
INSTALLED_APPS += ["breaking.Breaking"]
MIDDLEWARE += ["breaking.Pages"]
"""
SCRIPT = """
import sentry_sdk
sentry_sdk.init(dsn=DSN)
try:
    {}["price"]
except KeyError as error:
    sentry_sdk.capture_exception(error)
sentry_sdk.flush(timeout=60)
"""


@dataclass
class Site:
    """One whose pages, jobs and commands fail."""

    folder: Path
    environment: dict[str, str]

    @contextlib.contextmanager
    def serving(self, port: int) -> Iterator[None]:
        """Until it is asked to end, in order."""
        with serving(self.environment, self.folder, "--workers", "1", port=port) as (process, _):
            yield
            leave(process)

    def counts(self) -> dict[str, int]:
        """Of each kind that is open, by its exception."""
        command = [sys.executable, "-m", "descant", "errors", "list"]
        said = subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False)
        assert said.returncode in (0, 1), said.stderr
        rows = [line.split("\t") for line in said.stdout.splitlines()]
        return {title: int(count) for _, _, count, _, title, *_ in rows}


def made(folder: Path, name: str, **told: str) -> Site:
    folder.mkdir()
    (folder / "breaking.py").write_text(BREAKING)
    (folder / "settings.py").write_text(SETTINGS)
    environment = {**environment_of_a_site(folder, name), "PYTHONPATH": str(folder), **told}
    descant("upgrade", environment=environment)
    return Site(folder, environment)


def break_pages(port: int, times: int) -> None:
    for _ in range(times):
        connection = http.client.HTTPConnection("localhost", port, timeout=90)
        with contextlib.closing(connection):
            connection.request("GET", "/break/")
            assert connection.getresponse().status == 500


def wait_until(true: Callable[[], object]) -> None:
    deadline = time.monotonic() + LONG
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.5)


def run_python(*words: str, environment: Mapping[str, str]) -> int:
    return subprocess.run(
        [sys.executable, *words], env=dict(environment), check=False, timeout=LONG
    ).returncode


@pytest.mark.parametrize("seconds", ["1", "3600"])
def test_errors_of_pages_jobs_and_commands_are_found(tmp_path: Path, seconds: str) -> None:
    """Also when the process ends before it would have brought what it has counted."""
    site = made(tmp_path / "site", f"errors_{seconds}", DESCANT_ERRORS_SECONDS=seconds)
    port = free_port()
    with site.serving(port):
        break_pages(port, 3)
        if seconds == "1":
            wait_until(lambda: site.counts().get("LookupError"))
    in_a_command = ("-m", "descant", "manage", "shell", "-v", "0", "-c", "raise RuntimeError('in a command')")
    assert run_python(*in_a_command, environment=site.environment) == 1
    counts = site.counts()
    assert (counts["ZeroDivisionError"], counts["RuntimeError"]) == (3, 1)


def test_a_site_sends_its_errors_to_another_and_none_is_lost_while_that_is_away(tmp_path: Path) -> None:
    port, their_port = free_port(), free_port()
    theirs = made(tmp_path / "theirs", "errors_theirs", DESCANT_ERRORS_KEYS="7:thekey")
    dsn = f"http://thekey@localhost:{their_port}/7"
    ours = made(tmp_path / "ours", "errors_ours", DESCANT_ERRORS_DSN=dsn)
    with ours.serving(port):
        break_pages(port, 11)
    with ours.serving(port):  # what it had counted before it ended is still there
        break_pages(port, 4)
        with theirs.serving(their_port):
            wait_until(lambda: theirs.counts().get("ZeroDivisionError", 0) >= 15)
            script = SCRIPT.replace("DSN", repr(dsn))
            assert run_python("-c", script, environment=os.environ) == 0
            wait_until(lambda: "KeyError" in theirs.counts())
            break_pages(port, 1)
            wait_until(lambda: theirs.counts()["ZeroDivisionError"] >= 16)
    assert theirs.counts()["ZeroDivisionError"] == 16
    assert theirs.counts()["KeyError"] == 1
    assert ours.counts() == {}
