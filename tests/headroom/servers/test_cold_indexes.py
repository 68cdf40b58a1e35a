"""An index that does not lie in memory is named; read out of memory it is not."""

from collections.abc import Iterator

import pytest
from django.db import connections

from django_headroom.operations.performance.indexes import Finding, idle_indexes, residency
from tests.headroom.market.threads import DATABASES
from tests.headroom.operations.waiting import comes_true
from tests.servers import Server

pytestmark = pytest.mark.django_db(databases=[*DATABASES, "p1_replica", "p1_second"], transaction=True)
ENTRIES = 500_000  # in 1,372 blocks: as large as what is judged without a bound being lowered


def tell(*statements: str) -> None:
    """In a session of its own, which tells at its end what it has read."""
    with connections["p1"].cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
    connections["p1"].close()


def read_all_of_it() -> None:
    """By the index alone, block after block."""
    plan = ("enable_seqscan = off", "enable_bitmapscan = off", "max_parallel_workers_per_gather = 0")
    tell(*(f"SET {each}" for each in plan), "SELECT count(*) FROM seeded WHERE id >= 0")


@pytest.fixture
def _seeded() -> Iterator[None]:
    tell(
        "CREATE TABLE seeded (id bigint PRIMARY KEY) WITH (autovacuum_enabled = off)",
        f"INSERT INTO seeded SELECT n FROM generate_series(1, {ENTRIES}) n",
        "VACUUM ANALYZE seeded",
        "CHECKPOINT",
    )
    yield
    tell("DROP TABLE seeded")


@pytest.mark.usefixtures("_seeded")
def test_an_index_that_is_read_from_the_disk_is_cold_until_it_is_read_from_memory(primary: Server) -> None:
    primary.stop()
    primary.start()  # with nothing in its memory
    tell("SELECT pg_stat_reset()")
    read_all_of_it()
    assert comes_true(lambda: residency("p1")[1] >= 1_300)
    (cold,) = of_seeded()
    assert cold[:4] == ("cold", "p1", "seeded", "seeded_pkey")
    assert cold.why.endswith("blocks were not in memory: more of it, or fewer and smaller indexes")
    tell("SELECT pg_stat_reset()")
    read_all_of_it()
    assert comes_true(lambda: residency("p1")[0] >= 1_300)
    assert of_seeded() == []


def of_seeded() -> list[Finding]:
    return [finding for finding in idle_indexes("p1") if finding.table == "seeded"]
