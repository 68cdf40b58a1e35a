"""The databases of a site: SQLite files under one data folder, or what the environment names instead."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

from descant.site.configuring.variables import Variables

GLOBAL = "default"
ERRORS = "errors"
PERFORMANCE = "performance"
A_FILE, WITH_THE_REST = "sqlite", "global"
POSTGRESQL = "django.db.backends.postgresql"
MOST_PARTITIONS = 1_023
USES_BEFORE_PREPARED = 5  # of a statement on one connection, before the server keeps its plan
ENGINE = "django_headroom.connections.postgresql"
POOL_SECONDS = 1.5  # how long a request waits for a connection, before it answers 503
RECONNECT_SECONDS = (
    1  # how long a pool tries by itself; afterwards whoever asks has it try again, and at once
)
# A server that has lost its power says nothing more. It is given up within twenty seconds, not within the two hours of
# most systems: who waits for an answer without a bound of her own, as a worker does, waits no longer.
GIVEN_UP = {
    "tcp_user_timeout": 10_000,  # milliseconds
    "keepalives_idle": 10,
    "keepalives_interval": 3,
    "keepalives_count": 3,
}
REPLICA_POOL_SECONDS = 0.5  # … before it asks the primary instead


def databases(said: Variables, data: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Django's ``DATABASES`` and what the toolkit is told of them.

    Args:
        said: ``DESCANT_DATABASE`` and ``DESCANT_PARTITION_1`` … name PostgreSQL databases by URL,
            ``…_REPLICAS`` their replicas (URLs apart by spaces); without them ``DESCANT_PARTITIONS`` files are used.
            ``DESCANT_POOLED=1`` says that the URLs lead to a pooler in transaction mode. ``DESCANT_ERRORS_DATABASE``
            names one for errors alone, by URL or as ``sqlite``, which is so among files; ``global``: it has none.
            ``DESCANT_PERFORMANCE_DATABASE`` does so for what requests have cost.
        data: the folder for SQLite files.

    Raises:
        ImproperlyConfigured: only some of the databases are named, or a number is out of bounds.
    """
    urls = _named(said.environment)
    count = _count(said) if not urls else len(urls) - 1
    kind = _kind(said)
    aliases = [GLOBAL, *(f"p{number}" for number in range(1, count + 1))]
    found = {alias: _server(urls[alias], kind) if urls else _file(alias, data) for alias in aliases}
    replicas: dict[str, tuple[str, ...]] = {}
    for alias in aliases:
        copies = said.environment.get(f"{_variable(alias)}_REPLICAS", "").split()
        replicas[alias] = tuple(f"{alias}_replica_{number}" for number in range(1, len(copies) + 1))
        for name, url in zip(replicas[alias], copies, strict=True):
            found[name] = {**_replica(url, kind), "TEST": {"MIRROR": alias}}
    found |= _apart(said, data, kind, has_files=bool(count and not urls))
    # Without partitions the global database is the one partition as well, and all of a site is one file.
    slots = {alias: int(alias[1:]) for alias in aliases if alias != GLOBAL}
    told: dict[str, Any] = {"SLOTS": slots or {GLOBAL: 1}}
    # A switch is turned at the first partition while the global database is away; files are there together or not.
    told["SWITCHES"] = tuple(aliases[:2]) if urls else (GLOBAL,)
    told["REPLICAS"] = {alias: names for alias, names in replicas.items() if names}
    if kind.is_pooled:
        servers = [alias for alias, database in found.items() if database["ENGINE"] == ENGINE]
        told["POOLED"] = dict.fromkeys(servers, "")
        for alias in servers:
            found[alias]["DISABLE_SERVER_SIDE_CURSORS"] = True
    return found, told


def _apart(said: Variables, data: Path, kind: "_Kind", *, has_files: bool) -> dict[str, Any]:
    """The databases of errors and of what requests have cost, where they are not the global one."""
    unsaid = A_FILE if has_files else WITH_THE_REST
    named = {
        ERRORS: said.text("DESCANT_ERRORS_DATABASE") or unsaid,
        PERFORMANCE: said.text("DESCANT_PERFORMANCE_DATABASE") or unsaid,
    }
    return {
        alias: _file(alias, data) if url == A_FILE else _server(url, kind)
        for alias, url in named.items()
        if url != WITH_THE_REST
    }


def is_of_databases(name: str) -> bool:
    """Whether a variable names a database of the site."""
    return (
        re.fullmatch(r"DESCANT_(DATABASE|PARTITION|ERRORS_DATABASE|PERFORMANCE_DATABASE)\w*", name)
        is not None
    )


def _named(environment: Mapping[str, str]) -> dict[str, str]:
    urls: dict[str, str] = {}
    if environment.get("DESCANT_DATABASE"):
        urls[GLOBAL] = environment["DESCANT_DATABASE"]
    number = 1
    while url := environment.get(f"DESCANT_PARTITION_{number}"):
        urls[f"p{number}"] = url
        number += 1
    prefix = _variable("p")
    beyond = [name for name in environment if name.removeprefix(prefix).isdecimal() and environment[name]]
    if len(beyond) != number - 1:
        raise ImproperlyConfigured("The partitions are numbered without a gap: DESCANT_PARTITION_1, _2, _3 …")
    if urls and (GLOBAL not in urls or "p1" not in urls):
        raise ImproperlyConfigured(
            "Only some databases are named: set DESCANT_DATABASE for the global one and DESCANT_PARTITION_1 (and "
            "_2, _3 …) for the partitions, or none of them to use SQLite files."
        )
    return urls


def _count(said: Variables) -> int:
    written = said.text("DESCANT_PARTITIONS", "1")
    if not written.isdecimal() or not 0 <= int(written) <= MOST_PARTITIONS:
        raise ImproperlyConfigured(
            f"DESCANT_PARTITIONS is {written!r}: write a whole number from 0 to {MOST_PARTITIONS}."
        )
    return int(written)


def _variable(alias: str) -> str:
    return "DESCANT_DATABASE" if alias == GLOBAL else f"DESCANT_PARTITION_{alias[1:]}"


@dataclass(frozen=True)
class _Kind:
    """How all servers of a site are spoken to."""

    connections: int
    is_pooled: bool
    is_prepared: bool


def _kind(said: Variables) -> _Kind:
    is_pooled = said.is_on("DESCANT_POOLED", "0")
    is_prepared = said.is_on("DESCANT_PREPARED", "1") and not is_pooled
    return _Kind(said.number("DESCANT_POOL", 12, least=1), is_pooled, is_prepared)


def _server(url: str, kind: _Kind) -> dict[str, Any]:
    server: dict[str, Any] = dict(dj_database_url.parse(url))
    if server["ENGINE"] != POSTGRESQL:
        raise ImproperlyConfigured(
            "A named database is a PostgreSQL one: postgresql://user:password@host/name."
        )
    pool = {
        "min_size": 1,
        "max_size": kind.connections,
        "timeout": POOL_SECONDS,
        "reconnect_timeout": RECONNECT_SECONDS,
    }
    prepared = {"server_side_binding": True, "prepare_threshold": USES_BEFORE_PREPARED}
    options = {
        "connect_timeout": 2,
        **GIVEN_UP,
        **(prepared if kind.is_prepared else {}),
        **server.get("OPTIONS", {}),
        "pool": pool,
    }
    return {**server, "ENGINE": ENGINE, "OPTIONS": options, "CONN_MAX_AGE": 0}


def _replica(url: str, kind: _Kind) -> dict[str, Any]:
    """It refuses writes also if it is promoted one day, and is waited for so long that the primary can still answer."""
    server = _server(url, kind)
    options = server["OPTIONS"]
    options["options"] = f"{options.get('options', '')} -c default_transaction_read_only=on".strip()
    options["pool"]["timeout"] = REPLICA_POOL_SECONDS
    return server


def _file(alias: str, data: Path) -> dict[str, Any]:
    name = {GLOBAL: "global", ERRORS: ERRORS, PERFORMANCE: PERFORMANCE}.get(alias, f"partition-{alias[1:]}")
    test_folder = Path(os.environ.get("DESCANT_TEST_FOLDER", data))
    return {
        "ENGINE": "django_headroom.connections.queued_sqlite",
        "NAME": str(data / f"{name}.sqlite3"),
        "TEST": {"NAME": str(test_folder / f"test-{name}.sqlite3")},
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 5,  # seconds in which a writer's turn must come, else she is told to try again
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-16000;"
            "PRAGMA temp_store=MEMORY; PRAGMA wal_autocheckpoint=8000; PRAGMA mmap_size=67108864",
        },
    }
