"""Bringing every database to what this version needs, each backed up before it changes; and looking whose it is."""

import contextlib
import logging
import shutil
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from django.core import checks
from django.core.management import call_command
from django.db import DatabaseError, InterfaceError, OperationalError, connections
from django.db.migrations.executor import MigrationExecutor
from psycopg.errors import LockNotAvailable

from descant.operate.commands import CommandFailed
from django_headroom import ids
from django_headroom.conf import headroom

LOCK_SECONDS, LOCK_PAUSE, LOCK_TRIES = 2, 1.0, 30
_log = logging.getLogger(__name__)


def upgrade_all(*, backup: bool) -> None:
    """Migrate the global database and every partition; replicas follow by themselves.

    Args:
        backup: copy each database that will change and is not new into the data folder first.

    Raises:
        CommandFailed: the settings would send rows astray; or a backup cannot be made, so nothing was changed in that
            database.
        WrongSlot: a partition is not the one that the settings say, or is new and would have an old one's slot.
    """
    for fault in checks.run_checks(tags=["headroom"]):
        if fault.is_serious():
            raise CommandFailed(f"{fault.msg} {fault.hint}")
    for alias in aliases():
        if _changes(alias):
            in_use = _is_in_use(alias)
            # A new ledger, in the one database of a small site, knows of no other.
            if alias in headroom().slots and not in_use and alias != headroom().ledger:
                ids.check_slot_is_free(alias)
            if backup and in_use:
                print(f"Backed up {alias} to {back_up(alias)}.")
            _migrate(alias)
            print(f"Upgraded {alias}.")
    ids.check_slots()


def _migrate(alias: str) -> None:
    """Migrate one database beside those who read and write it.

    On PostgreSQL no statement waits longer for a lock than they can wait behind it; what gave up is tried again.

    Raises:
        CommandFailed: a lock was held all the while.
    """
    for _try in range(LOCK_TRIES):
        try:
            with _short_waits(alias):
                call_command("migrate", database=alias, verbosity=0, interactive=False)
            return
        except OperationalError as error:
            if not isinstance(error.__cause__, LockNotAvailable):
                raise
        print(f"{alias}: a lock is held by others; trying again.", flush=True)
        time.sleep(LOCK_PAUSE)
    raise CommandFailed(
        f"{alias} was not upgraded: others held a lock through {LOCK_TRIES} tries. End their long transactions "
        "(pg_stat_activity shows them), and try again; nothing is half done."
    )


@contextlib.contextmanager
def _short_waits(alias: str) -> Iterator[None]:
    if connections[alias].vendor != "postgresql":
        yield
        return
    with connections[alias].cursor() as cursor:
        cursor.execute(f"SET lock_timeout = '{LOCK_SECONDS}s'")
    try:
        yield
    finally:
        with connections[alias].cursor() as cursor:
            cursor.execute("RESET lock_timeout")


def check_databases() -> None:
    """At the start of each program: refuse to write into a partition that is another's.

    One that cannot be reached now was looked at by the `descant upgrade` before, and must not keep the others closed.

    Raises:
        WrongSlot: a partition is not the one that the settings say.
    """
    for alias in headroom().partitions:
        try:
            ids.check_slots(alias)
        except (OperationalError, InterfaceError) as error:
            _log.warning("%s cannot be reached: %s", alias, error)


def aliases() -> list[str]:
    """Every database of the site that is not a copy of another."""
    copies = {copy for each in headroom().replicas.values() for copy in each}
    return [alias for alias in settings.DATABASES if alias not in copies]


def back_up(alias: str) -> Path:
    """Copy one database into the data folder and return the file."""
    folder = settings.DESCANT_DATA / "backups"
    folder.mkdir(mode=0o700, exist_ok=True)
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
    if connections[alias].vendor == "sqlite":
        file: Path = folder / f"{alias}-{stamp}.sqlite3"
        with connections[alias].cursor() as cursor:
            cursor.execute("VACUUM INTO %s", [str(file)])
    else:
        file = folder / f"{alias}-{stamp}.dump"
        _dump(alias, file)
    file.chmod(0o600)
    return file


def _dump(alias: str, file: Path) -> None:
    if shutil.which("pg_dump") is None:
        raise CommandFailed(
            f"{alias} cannot be backed up: pg_dump is not installed. Install the PostgreSQL client programs, "
            "or back up by other means and say --no-backup."
        )
    server = connections[alias].settings_dict
    environment = {
        "PGHOST": server["HOST"],
        "PGPORT": str(server["PORT"] or ""),
        "PGUSER": server["USER"],
        "PGPASSWORD": server["PASSWORD"],
        "PGDATABASE": server["NAME"],
        "PGSSLMODE": server["OPTIONS"].get("sslmode", ""),
        "PGSSLROOTCERT": server["OPTIONS"].get("sslrootcert", ""),
    }
    words = ["pg_dump", "--format=custom", f"--file={file}"]
    known = {name: value for name, value in environment.items() if value}
    done = subprocess.run(words, env={"PATH": _path(), **known}, capture_output=True, text=True, check=False)
    if done.returncode:
        raise CommandFailed(f"{alias} cannot be backed up: {done.stderr.strip().splitlines()[-1]}")


def _path() -> str:
    return str(Path(shutil.which("pg_dump") or "").parent)


def _changes(alias: str) -> bool:
    executor = MigrationExecutor(connections[alias])
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def _is_in_use(alias: str) -> bool:
    try:
        return "django_migrations" in connections[alias].introspection.table_names()
    except DatabaseError as error:
        raise CommandFailed(f"{alias} cannot be reached: {error}") from error
