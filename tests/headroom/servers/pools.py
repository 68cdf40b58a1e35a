"""Ways to p2 over few connections, and what the server sees of them."""

from typing import Any

from django.db import connections

from tests.headroom.servers.pgbouncer import MOST
from tests.servers import Server

NAMED = "descant-pooled"


# As on the page docs/toolkit/connections/pooling.md, but for the time-out.
POOL = {"min_size": 2, "max_size": MOST, "timeout": 30, "reconnect_timeout": 1}
INSIDE = {"OPTIONS": {"application_name": NAMED, "pool": POOL}, "CONN_MAX_AGE": 0}


def ask(sql: str, *values: object) -> Any:
    with connections["p2"].cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchone()[0]


def backends(primary: Server) -> int:
    found = primary.say(f"SELECT count(*) FROM pg_stat_activity WHERE application_name = '{NAMED}'")
    return int(found[0][0])


def end_all_backends(primary: Server) -> int:
    ended = primary.say(
        "SELECT count(*) FILTER (WHERE pg_terminate_backend(pid, 20000)) FROM pg_stat_activity"
        f" WHERE application_name = '{NAMED}'"
    )
    assert backends(primary) == 0
    return int(ended[0][0])
