"""A replica that lacked the last of the log takes over a partition: what the operator's command makes of it."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import psycopg
import pytest

from tests.headroom.replica import Replica, running_replica
from tests.servers import Server, create_database, running_server

SERVER = os.environ.get("DESCANT_TEST_POSTGRESQL", "")
ROOT = Path(__file__).resolve().parents[2]
DRAWN = "SELECT nextval(pg_get_serial_sequence('discussion_comment', 'id')) FROM generate_series(1, 300)"

pytestmark = pytest.mark.skipif(not SERVER, reason="SQLite has no replicas")


@pytest.fixture(scope="module")
def servers() -> Iterator[tuple[Server, Replica]]:
    with running_server(Server) as primary:
        for name in ("promoted", "promoted_p1"):
            create_database(primary.url, name)
        with running_replica(primary.url) as replica:
            yield primary, replica


def descant(
    partition: Server, primary: Server, data: Path, *words: str
) -> "subprocess.CompletedProcess[str]":
    """The command, on a site whose partition stands on one server and what is global on the other."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("DESCANT_")}
    told: Mapping[str, str] = {
        "DESCANT_DATA": str(data),
        "DESCANT_DATABASE": f"{primary.url}/promoted",
        "DESCANT_PARTITION_1": f"{partition.url}/promoted_p1",
        "DJANGO_SETTINGS_MODULE": "descant.site.settings",
    }
    command = [sys.executable, "-m", "descant", *words]
    return subprocess.run(
        command, cwd=ROOT, env={**plain, **told}, capture_output=True, text=True, check=False
    )


def draw(server: Server) -> set[int]:
    with psycopg.connect(f"{server.url}/promoted_p1", autocommit=True) as connection:
        return {key for (key,) in connection.execute(DRAWN)}


def wait(until: Callable[[], object]) -> None:
    deadline = time.monotonic() + 60
    while not until():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_the_command_may_be_called_by_whatever_promotes_and_again(
    servers: tuple[Server, Replica], tmp_path: Path
) -> None:
    primary, replica = servers
    assert descant(primary, primary, tmp_path, "upgrade", "--no-backup").returncode == 0
    given = draw(primary)
    ((written,),) = primary.say("SELECT pg_current_wal_flush_lsn()::text")
    wait(lambda: replica.say(f"SELECT 1 WHERE pg_last_wal_replay_lsn() >= '{written}'"))
    replica.say("ALTER SYSTEM SET primary_conninfo = ''")
    replica.say("SELECT pg_reload_conf()")
    wait(lambda: not replica.say("SELECT pid FROM pg_stat_wal_receiver"))
    given |= draw(primary)
    skip = ["partition", "skip-ahead", "p1", "--promoted", "--gap", "2000"]

    calm = descant(primary, primary, tmp_path, *skip)
    assert "no other server has taken over" in calm.stdout, calm.stderr
    early = descant(replica, primary, tmp_path, *skip, "--wait", "1")
    assert early.returncode == 2
    assert "\ndescant partition: p1 took no writes in 1 seconds" in f"\n{early.stderr}"

    replica.promote()
    done = descant(replica, primary, tmp_path, *skip)
    assert done.stdout == "p1: ids go on 2,000 further in each table, in epoch 2.\n", done.stderr
    again = descant(replica, primary, tmp_path, *skip)
    assert "no other server has taken over" in again.stdout, again.stderr
    assert descant(replica, primary, tmp_path, "partition", "list").stdout == "p1\t1\t2\n"
    after = draw(replica)
    assert len(given) == 600
    assert not given & after
