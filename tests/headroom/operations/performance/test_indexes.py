"""The watch is quiet where all is well, and names the index that is not."""

from dataclasses import replace

import pytest
from django.db import connections

from django_headroom.operations.performance.indexes import Bounds, idle_indexes, missing_indexes, residency
from tests.headroom.market.threads import DATABASES
from tests.headroom.settings import ON_POSTGRESQL

EVERYWHERE = [*DATABASES, "p1_replica", "p1_second"]

pytestmark = pytest.mark.django_db(databases=EVERYWHERE)
ALL = Bounds(least_bytes=1)
on_postgresql = pytest.mark.skipif(not ON_POSTGRESQL, reason="SQLite keeps no statistics of its indexes")


def tell(*statements: str, alias: str = "p1") -> None:
    with connections[alias].cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def index_of(table: str, *columns: str, alias: str = "p1") -> str:
    """Its name; whatever that is, these columns are what it is for."""
    with connections[alias].cursor() as cursor:
        there = connections[alias].introspection.get_constraints(cursor, table)
    (name, *_) = [name for name, each in there.items() if each["index"] and each["columns"] == [*columns]]
    return name


def test_nothing_is_missing_where_all_migrations_were_run() -> None:
    assert [finding for alias in DATABASES for finding in missing_indexes(alias)] == []


def test_a_dropped_index_is_named_with_its_table_and_columns() -> None:
    tell(f"DROP INDEX {index_of('items_item', 'shelf_id')}")
    (finding,) = missing_indexes("p1")
    assert finding[:4] == ("missing", "p1", "items_item", "(shelf_id)")
    assert missing_indexes("p2") == []


def test_a_dropped_index_with_a_name_is_named() -> None:
    tell("DROP INDEX delayed_due_in_turn", alias="default")
    (finding,) = missing_indexes("default")
    assert finding[:4] == (
        "missing",
        "default",
        "delayed_event",
        "delayed_due_in_turn (lane, due_at, channel, tenant, id)",
    )


@on_postgresql
def test_an_index_that_nobody_reads_and_one_that_is_there_twice_are_named() -> None:
    tell(
        "CREATE TABLE seeded (id bigint PRIMARY KEY, name text)",
        "CREATE INDEX seeded_name ON seeded (name)",
        "CREATE INDEX seeded_again ON seeded (name)",
        "INSERT INTO seeded SELECT n, 'name ' || n FROM generate_series(1, 2000) n",
    )
    found = {finding[0]: finding.name for finding in idle_indexes("p1", ALL) if finding.table == "seeded"}
    assert set(found) == {"unused", "doubled"}
    assert found["doubled"] in ("seeded_name", "seeded_again")
    assert idle_indexes("p1") == [], "what is small is left alone"


@on_postgresql
@pytest.mark.django_db(databases=EVERYWHERE, transaction=True)
def test_an_index_that_has_outgrown_its_rows_is_named() -> None:
    try:
        tell(
            "CREATE TABLE seeded (id bigint PRIMARY KEY)",
            "INSERT INTO seeded SELECT n FROM generate_series(1, 50000) n",
            "DELETE FROM seeded WHERE id % 20 <> 0",
            "VACUUM ANALYZE seeded",
        )
        found = [finding for finding in idle_indexes("p1", ALL) if finding.table == "seeded"]
        assert [(finding.kind, finding.name) for finding in found] == [("bloated", "seeded_pkey")]
        tell("REINDEX TABLE seeded", "ANALYZE seeded")
        assert [finding for finding in idle_indexes("p1", ALL) if finding.table == "seeded"] == []
    finally:
        tell("DROP TABLE IF EXISTS seeded")


@on_postgresql
def test_neither_a_small_index_is_cold_nor_one_that_is_read_from_memory() -> None:
    hit, read, size = residency("p1")
    assert hit >= 0 <= read
    assert size > 0
    everything = Bounds(warm=1.1, blocks=0, least_bytes=0)
    assert "cold" not in {finding.kind for finding in idle_indexes("p1", replace(everything, warm=0.0))}
    assert idle_indexes("p1", Bounds(warm=1.1, blocks=0)) == [], "small ones are read in one go"


@pytest.mark.skipif(ON_POSTGRESQL, reason="of SQLite")
def test_of_a_file_only_what_is_missing_is_said() -> None:
    assert idle_indexes("p1", ALL) == []
