"""The settings of the toolkit's own test site: a market, with two partitions and two more homes."""

import os
from pathlib import Path
from typing import Any

from django_headroom.conf import EVERYWHERE, PARTITIONED

DATA = Path(os.environ["DESCANT_DATA"])
SERVER = os.environ.get("DESCANT_TEST_POSTGRESQL", "")
ON_POSTGRESQL = os.environ["DESCANT_TEST_DATABASE"] == "postgresql"


def database(alias: str) -> dict[str, Any]:
    if not ON_POSTGRESQL:
        return {
            "ENGINE": "django_headroom.connections.queued_sqlite",
            "NAME": str(DATA / f"{alias}.sqlite3"),
            "TEST": {"NAME": str(DATA / f"test-{alias}.sqlite3")},
            "OPTIONS": {"transaction_mode": "IMMEDIATE", "init_command": "PRAGMA journal_mode=WAL"},
        }
    user, _, place = SERVER.removeprefix("postgresql://").rpartition("@")
    host, _, port = place.partition(":")
    name, _, password = user.partition(":")
    return {
        "ENGINE": "django_headroom.connections.postgresql",
        "NAME": f"headroom_{alias}",
        "USER": name,
        "PASSWORD": password,
        "HOST": host,
        "PORT": port,
    }


DATABASES = {alias: database(alias) for alias in ("default", "people", "p1", "p2")}
# In tests Django makes them mirrors of their primary; tests/headroom/replica.py starts real ones.
for replica in ("p1_replica", "p1_second"):
    DATABASES[replica] = {**database("p1"), "TEST": {"MIRROR": "p1"}}
    if ON_POSTGRESQL:
        DATABASES[replica]["OPTIONS"] = {
            "connect_timeout": 2,
            "options": "-c default_transaction_read_only=on",
        }
DATABASE_ROUTERS = ["django_headroom.partitions.Router"]
HEADROOM = {
    "HOMES": {
        "shops": "default",
        "people": "people",
        "items": PARTITIONED,
        "delayed": EVERYWHERE,
        "counters": EVERYWHERE,
        "switches": EVERYWHERE,
        "performance": "default",
        "errors": "people",
    },
    "SLOTS": {"p1": 1, "p2": 2},
    "LEDGER": "default",
    "REPLICAS": {"p1": ("p1_replica", "p1_second")},
    "COUNTERS_FOLDER": str(DATA / "counters"),
    "ERRORS_SECONDS": 0,
    "CACHE_FOLDER": str(DATA / "cache"),
    "ROWS_AUDITED": 0,
    "SWITCHES": ("default", "p1"),
    "PERFORMANCE_PACKAGES": ("tests",),
    "DIRECTORY": "tests.headroom.market.shops.models.partition_of",
}

INSTALLED_APPS = [
    "django_headroom.counters",
    "django_headroom.delayed",
    "django_headroom.operations.switches",
    "django_headroom.operations.performance",
    "django_headroom.operations.errors",
    "tests.headroom.market.shops",
    "tests.headroom.market.people",
    "tests.headroom.market.items",
]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
SECRET_KEY = "only for tests"
USE_TZ = True
