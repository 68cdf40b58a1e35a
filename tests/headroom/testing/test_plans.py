"""What the database's own plans tell: rows that a block reads and tables that it walks, by whatever it asks."""

import pytest
from django.db import connections

from django_headroom.testing import queries_counted, rows_touched, scans
from tests.headroom.market.items.models import Item
from tests.headroom.market.people.models import Person
from tests.headroom.market.shops.models import Shop
from tests.headroom.market.threads import DATABASES

pytestmark = pytest.mark.django_db(databases=DATABASES)

TABLE = Item._meta.db_table
ON_POSTGRESQL = connections.settings["p1"]["ENGINE"].endswith("postgresql")


def ask(sql: str) -> None:
    with connections["p1"].cursor() as cursor:
        cursor.execute(sql)


@pytest.fixture(autouse=True)
def three_items(bakery: Shop, ann: Person) -> None:
    for _ in range(3):
        Item.objects.of(bakery).create(maker=ann)


@pytest.mark.skipif(not ON_POSTGRESQL, reason="SQLite tells no rows")
@pytest.mark.parametrize(
    "sql",
    [
        f"SELECT * FROM {TABLE}",
        f"\n  WITH every AS (SELECT * FROM {TABLE}) SELECT * FROM every",
    ],
)
def test_rows_are_counted_however_a_question_begins(sql: str) -> None:
    with queries_counted() as spent:
        ask(sql)
    assert rows_touched(spent, "p1") == 3


@pytest.mark.skipif(not ON_POSTGRESQL, reason="SQLite tells no rows")
def test_what_writes_is_not_done_again_to_be_explained() -> None:
    with queries_counted() as spent:
        ask(
            f"WITH gone AS (DELETE FROM {TABLE} WHERE id IN (SELECT min(id) FROM {TABLE}) RETURNING 1) SELECT 1"
        )
    assert rows_touched(spent, "p1") == 0
    assert Item.objects.using("p1").count() == 2


@pytest.mark.skipif(ON_POSTGRESQL, reason="PostgreSQL walks a small table")
def test_a_walk_is_seen_however_a_question_begins() -> None:
    with queries_counted() as spent:
        ask(f"WITH every AS (SELECT * FROM {TABLE} WHERE name <> '') SELECT * FROM every")
    assert scans(spent, "p1")
