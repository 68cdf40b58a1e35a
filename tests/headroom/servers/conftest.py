"""Real servers beside the one that the tests run on: replicas of it, under the aliases that the settings give them."""

import contextlib
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connections

from django_headroom.replicas import near_copy, watching
from tests.headroom.replica import Replica, running_replica
from tests.headroom.settings import ON_POSTGRESQL, SERVER

collect_ignore = (
    [] if ON_POSTGRESQL else ["test_replicas.py", "test_own_writes.py", "test_faults.py", "test_pooling.py"]
)

SECOND = "p1_second"
REPLICAS = ["p1_replica", SECOND]


@pytest.fixture(scope="session")
def running(django_db_setup: None) -> Iterator[Replica]:
    with running_replica(SERVER) as replica:
        yield replica


@pytest.fixture(scope="session")
def second_running(django_db_setup: None) -> Iterator[Replica]:
    with running_replica(SERVER) as replica:
        yield replica


@pytest.fixture
def replica(running: Replica, settings: Any) -> Iterator[Replica]:
    """The replica under its alias, looked at each time, and near only if it has all but a kilobyte."""
    near = {"REPLICA_LAG_BYTES": 1024, "REPLICA_CHECK_SECONDS": 0}
    settings.HEADROOM = {**settings.HEADROOM, "REPLICAS": {"p1": ("p1_replica",)}, **near}
    with led_to("p1_replica", running):
        yield running
        running.resume()


@pytest.fixture
def second(second_running: Replica, replica: Replica, settings: Any) -> Iterator[Replica]:
    """One more replica of p1."""
    settings.HEADROOM = {**settings.HEADROOM, "REPLICAS": {"p1": ("p1_replica", SECOND)}}
    with led_to(SECOND, second_running):
        yield second_running
        second_running.resume()


@contextlib.contextmanager
def led_to(alias: str, replica: Replica, **more: Any) -> Iterator[None]:
    """Let an alias lead to a server for a while, as a mirror of nothing; other threads see it too."""
    connections[alias].close()
    told = connections.settings[alias]
    before = dict(told)
    told.update({"HOST": "127.0.0.1", "PORT": replica.port, "TEST": {**told["TEST"], "MIRROR": None}, **more})
    watching.forget()
    try:
        yield
    finally:
        until(lambda: not watching._looking, "a look did not end")
        connections[alias].close()
        told.clear()
        told.update(before)
        watching.forget()


def until(is_so: Callable[[], bool], why: str) -> None:
    deadline = time.monotonic() + 60  # other tests write on the same server meanwhile
    while not is_so():
        assert time.monotonic() < deadline, why
        time.sleep(0.01)


def wait_until_near(*aliases: str) -> None:
    """Look at the replicas until they are near; then the last look is a new one, and readers need not look."""

    def is_near(alias: str) -> bool:
        watching.look_at("p1", alias)
        return watching._looks[alias].near

    for alias in aliases or ["p1_replica"]:
        until(lambda alias=alias: is_near(alias), f"{alias} did not come near")  # type: ignore[misc]


def wait_until_left(alias: str = "p1_replica") -> None:
    until(lambda: near_copy("p1") != alias, f"{alias} was read on")
