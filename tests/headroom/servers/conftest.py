"""Real servers beside the one that the tests run on: a primary that nobody else writes to, and replicas of it."""

import contextlib
import time
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import caches
from django.db import connections

from django_headroom.replicas import near_copy, positions, watching
from tests.headroom.replica import Replica, running_replica
from tests.headroom.servers.behind import EVER_NEAR, FailingCache
from tests.headroom.servers.pgbouncer import PgBouncer, running_pgbouncer
from tests.headroom.servers.pools import INSIDE, NAMED
from tests.headroom.settings import ON_POSTGRESQL, SERVER
from tests.servers import Server, create_database, run_program, running_server

HERE, EVERYWHERE = Path(__file__).parent, ["test_only_reading.py"]
collect_ignore = (
    [] if ON_POSTGRESQL else [path.name for path in HERE.glob("test_*.py") if path.name not in EVERYWHERE]
)

SECOND = "p1_second"
REPLICAS = ["p1_replica", SECOND]
PARTITIONS = ["p1", "p2"]
NOBODY = 1  # a port at which no server listens


@pytest.fixture(scope="session")
def primary(django_db_setup: None) -> Iterator[Server]:
    """A server with copies of the partitions of this run."""
    with running_server(Server) as server:
        for alias in PARTITIONS:
            told = connections[alias].settings_dict
            url = create_database(server.url, told["NAME"])
            dumped = run_program("pg_dump", f"{SERVER}/{told['NAME']}")
            run_program("psql", "--quiet", f"--dbname={url}", given=dumped)
        yield server


@pytest.fixture(scope="module", autouse=True)
def _partitions_stand_there(request: pytest.FixtureRequest) -> Iterator[None]:
    with contextlib.ExitStack() as led:
        if ON_POSTGRESQL:
            port = request.getfixturevalue("primary").port
            for alias in (*PARTITIONS, *REPLICAS):
                led.enter_context(changed(alias, PORT=port))
        yield


@pytest.fixture(autouse=True)
def _nothing_leads_to_servers_that_were() -> Iterator[None]:
    """Before Django empties the databases: a test may have started the server anew."""
    yield
    connections.close_all()


@pytest.fixture(scope="session")
def running(primary: Server) -> Iterator[Replica]:
    with running_replica(primary.url) as replica:
        yield replica


@pytest.fixture(scope="session")
def second_running(primary: Server) -> Iterator[Replica]:
    with running_replica(primary.url) as replica:
        yield replica


@pytest.fixture(autouse=True)
def _the_store_of_positions_is_no_new_one() -> None:
    caches["default"].set(positions.SINCE, 1, None)


@pytest.fixture
def replica(running: Replica, settings: Any) -> Iterator[Replica]:
    """The replica under its alias, looked at each time, and near only if it has all but a kilobyte."""
    near = {"REPLICA_LAG_BYTES": 1024, "REPLICA_CHECK_SECONDS": 0}
    settings.HEADROOM = {**settings.HEADROOM, "REPLICAS": {"p1": ("p1_replica",)}, **near}
    with led_to("p1_replica", running.port):
        yield running
        running.resume()


@pytest.fixture
def second(second_running: Replica, replica: Replica, settings: Any) -> Iterator[Replica]:
    """One more replica of p1."""
    settings.HEADROOM = {**settings.HEADROOM, "REPLICAS": {"p1": ("p1_replica", SECOND)}}
    with led_to(SECOND, second_running.port):
        yield second_running
        second_running.resume()


@pytest.fixture
def near(replica: Replica, settings: Any) -> Iterator[Replica]:
    """The replica counts as near whatever happens, so that only what she wrote can lead a reader away from it."""
    path = f"{FailingCache.__module__}.FailingCache"
    settings.CACHES = {"default": {"BACKEND": path, "LOCATION": "positions"}}
    settings.HEADROOM = {**settings.HEADROOM, **EVER_NEAR}
    caches["default"].clear()
    caches["default"].set(positions.SINCE, 1, None)
    wait_until_near()
    yield replica
    FailingCache.is_down = False
    positions._store_is_down_until = 0


@pytest.fixture
def pooled(primary: Server) -> Iterator[None]:
    """p2 with a pool of twenty, which names itself to the server."""
    with changed("p2", **deepcopy(INSIDE)):
        yield


@pytest.fixture
def pgbouncer(primary: Server) -> Iterator[PgBouncer]:
    with running_pgbouncer(primary.url) as pooler:
        yield pooler


@pytest.fixture
def outside(pgbouncer: PgBouncer) -> Iterator[None]:
    """p2 through PgBouncer."""
    options = {"application_name": NAMED, "connect_timeout": 30}
    with changed("p2", PORT=pgbouncer.port, OPTIONS=options, DISABLE_SERVER_SIDE_CURSORS=True):
        yield


@pytest.fixture
def both(pgbouncer: PgBouncer) -> Iterator[None]:
    """A pool inside, which leads to PgBouncer."""
    with changed("p2", PORT=pgbouncer.port, **deepcopy(INSIDE), DISABLE_SERVER_SIDE_CURSORS=True):
        yield


@pytest.fixture(params=["pooled", "outside", "both"])
def any_way(request: pytest.FixtureRequest) -> str:
    """Each way to p2 in turn."""
    request.getfixturevalue(request.param)
    return str(request.param)


@contextlib.contextmanager
def led_to(alias: str, port: int, **more: Any) -> Iterator[None]:
    """Let an alias lead to another server for a while, as a mirror of nothing."""
    told = connections.settings[alias]
    watching.forget()
    try:
        with changed(alias, PORT=port, TEST={**told["TEST"], "MIRROR": None}, **more):
            yield
            until(lambda: not watching._looking, "a look did not end")
    finally:
        watching.forget()


@contextlib.contextmanager
def changed(alias: str, **settings: Any) -> Iterator[None]:
    """An alias with other settings for a while; other threads see them too."""
    connections[alias].close()
    told = connections.settings[alias]
    before = dict(told)
    told.update(settings)
    try:
        yield
    finally:
        connections[alias].close()
        if told["OPTIONS"].get("pool"):
            connections[alias].close_pool()  # type: ignore[attr-defined]
        told.clear()
        told.update(before)


def until(is_so: Callable[[], bool], why: str) -> None:
    deadline = time.monotonic() + 60
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
