"""A site on a PostgreSQL whose folder may be kept, filled like the talk's: too large to be made anew for each run."""

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg

from bench.rig.sites import NO_LIMITS, Site
from tests.servers import (
    OWNER,
    SYSTEM_USER,
    Server,
    create_database,
    find_programs,
    free_port,
    make_cluster,
    start_server,
    wait_until_it_answers,
)

BYTES_OF_A_COMMENT = 1_400  # with its indexes, its share of threads and accounts, and PostgreSQL's log


@contextlib.contextmanager
def filled_site(folder: Path, scale: float) -> Iterator[tuple[Site, Server]]:
    """The site, filled as far as it was not; one partition."""
    with running_in(folder / "pg") as server:
        is_new = not (folder / "data").exists()
        (folder / "data").mkdir(exist_ok=True)
        plain = {name: value for name, value in os.environ.items() if not name.startswith("DESCANT_")}
        environment = {
            **plain,
            **NO_LIMITS,
            "DESCANT_DATA": str(folder / "data"),
            "DJANGO_SETTINGS_MODULE": "descant.site.settings",
        }
        for variable, name in (("DATABASE", "descant"), ("PARTITION_1", "descant_p1")):
            url = create_database(server.url, name) if is_new else f"{server.url}/{name}"
            environment[f"DESCANT_{variable}"] = url
        site = Site(folder / "data", environment)
        site.command("upgrade", "--no-backup")
        check_room(folder, scale, is_new)
        seed = [sys.executable, "-m", "descant", "seed", "--like", "talk", "--scale", str(scale)]
        subprocess.run(seed, env=environment, check=True)  # with its progress bar
        yield site, server


def check_room(folder: Path, scale: float, is_new: bool) -> None:
    wanted, free = int(75_000_000 * scale * BYTES_OF_A_COMMENT), shutil.disk_usage(folder).free
    if is_new and wanted > free:
        raise SystemExit(
            f"SCALE={scale:g} needs {wanted / 1e9:.0f} GB below {folder}, {free / 1e9:.0f} are free."
        )


@contextlib.contextmanager
def running_in(folder: Path) -> Iterator[Server]:
    """A server whose cluster stands in this folder and stays there."""
    programs, port = find_programs(), free_port()
    folder.mkdir(exist_ok=True)
    if os.geteuid() == 0:
        shutil.chown(folder, SYSTEM_USER)
    if not (folder / "cluster").exists():
        make_cluster(programs, folder)
    process = start_server(programs, folder, port, folder / "log")
    server = Server(f"postgresql://{OWNER}@127.0.0.1:{port}", port, folder, process)
    try:
        wait_until_it_answers(server.url, process, folder / "log")
        yield server
    finally:
        server.stop()


def sizes(url: str) -> dict[str, float]:
    """Megabytes of rows and of indexes in a database."""
    with psycopg.connect(url) as server:
        row = server.execute(
            "SELECT sum(pg_table_size(oid)) / 1e6, sum(pg_indexes_size(oid)) / 1e6 FROM pg_class"
            " WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        ).fetchone()
    assert row is not None
    return {"rows_mb": float(row[0]), "index_mb": float(row[1])}
