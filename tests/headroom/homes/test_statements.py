"""A statement is not sent where its tables do not live, whoever wrote it."""

from contextlib import nullcontext
from typing import Any

import pytest
from django.db import connections
from django.db.models import Exists, OuterRef
from hypothesis import given
from hypothesis import strategies as st

from django_headroom.homes import CrossPartitionJoin, NotAtHome, allowing_foreign_tables
from django_headroom.homes.statements import LONGEST_KEPT, tables_in
from django_headroom.testing import queries_counted
from tests.headroom.market.people.models import Person
from tests.headroom.market.shops.models import Shop
from tests.headroom.market.threads import DATABASES, together

pytestmark = pytest.mark.django_db(databases=DATABASES)


@pytest.mark.parametrize(
    ("sql", "tables"),
    [
        ('SELECT "a"."x" FROM "a" WHERE "a"."b" = %s', ["a"]),
        (
            'SELECT 1 FROM "a" INNER JOIN "b" ON ("a"."c" = "b"."d") LEFT OUTER JOIN "e" T3 ON (1=1)',
            ["a", "b", "e"],
        ),
        ('SELECT 1 FROM "a" WHERE EXISTS(SELECT 1 FROM "b" U0 WHERE U0."c" = ("a"."d") LIMIT 1)', ["a", "b"]),
        ('(SELECT 1 FROM "a") UNION (SELECT 1 FROM "b")', ["a", "b"]),
        ("select * from a, b as c, d where a.x = b.y", ["a", "b", "d"]),
        ("select * from public.a x join only b y using (id)", ["a", "b"]),
        ('INSERT INTO "a" ("b", "c") VALUES (%s, %s) RETURNING "a"."id"', ["a"]),
        ('UPDATE "a" SET "b" = (SELECT U0."c" FROM "d" U0)', ["a", "d"]),
        ('DELETE FROM "a" WHERE "a"."b" IN (SELECT "c"."d" FROM "c")', ["a", "c"]),
        ("WITH n AS (SELECT * FROM a) SELECT * FROM n", ["a"]),
        ("SELECT 'from b' FROM a WHERE t = 'it''s from c'", ["a"]),
        ("LOCK TABLE a", ["a"]),
    ],
)
def test_the_tables_of_a_statement_are_seen(sql: str, tables: list[str]) -> None:
    known = {"a", "b", "c", "d", "e"}
    seen = [name for name in tables_in(sql) if name in known]
    assert [name for name in dict.fromkeys(seen) if name not in ("c",) or "c" in tables] == tables


def test_raw_sql_on_the_wrong_database_is_refused(ann: Person) -> None:
    for alias in ("default", "p1"):
        with (
            connections[alias].cursor() as cursor,
            pytest.raises(NotAtHome, match=rf"Person.*sent to '{alias}'"),
        ):
            cursor.execute("SELECT count(*) FROM people_person")
    with connections["people"].cursor() as cursor:
        cursor.execute("SELECT count(*) FROM people_person")
        assert cursor.fetchone() == (1,)
        with pytest.raises(NotAtHome, match=r"shops\.Shop, which lives in 'default', was sent to 'people'"):
            cursor.executemany("UPDATE shops_shop SET name = %s WHERE id = %s", [("x", 1)])


def test_plain_models_of_two_homes_are_not_joined(bakery: Shop, ann: Person) -> None:
    named = Shop.objects.filter(Exists(Person.objects.filter(name=OuterRef("name"))))
    with pytest.raises(
        CrossPartitionJoin, match=r"'default' joins shops\.Shop with people\.Person"
    ) as refusal:
        list(named)
    assert "Ask Person for its keys first" in str(refusal.value)
    with pytest.raises(CrossPartitionJoin):
        list(Person.objects.extra(tables=["shops_shop"]))
    with pytest.raises(CrossPartitionJoin):
        list(Person.objects.values("name").union(Shop.objects.values("name")))
    assert "people_person" in str(named.query), "to look at it does no harm"


def test_a_statement_too_long_to_be_remembered_is_refused_as_well(ann: Person) -> None:
    keys = range(LONGEST_KEPT)
    with pytest.raises(NotAtHome):
        list(Person.objects.using("p1").filter(pk__in=list(keys)[:900]))
    with connections["p1"].cursor() as cursor, pytest.raises(NotAtHome):
        cursor.execute(f"SELECT {', '.join(map(str, keys))} FROM people_person")


def test_whoever_carries_an_app_over_says_so(ann: Person) -> None:
    with allowing_foreign_tables(), connections["p1"].cursor() as cursor:
        cursor.execute("CREATE TABLE people_person (id integer, name varchar(50))")
        assert Person.objects.using("p1").count() == 0
    with pytest.raises(NotAtHome):
        Person.objects.using("p1").count()


def test_what_the_map_does_not_speak_of_is_left_alone(settings: Any) -> None:
    settings.HEADROOM = {**settings.HEADROOM, "HOMES": {"shops": "default"}, "SLOTS": {}, "REPLICAS": {}}
    with connections["p1"].cursor() as cursor:
        cursor.execute("CREATE TABLE shops_shop (id integer)")
        cursor.execute("SELECT * FROM shops_shop")


def test_a_connection_opened_while_queries_are_counted_is_watched_too() -> None:
    """Django takes the last wrapper away when a counted block ends; it must not be ours."""

    def ask(_number: int) -> list[str]:
        refused = []
        for counted in (True, False):
            with queries_counted() if counted else nullcontext(), pytest.raises(NotAtHome) as refusal:
                list(Person.objects.using("p1"))
            refused.append(str(refusal.value))
        return refused

    assert [len(refused) for refused in together(1, ask)] == [2]


@given(st.text(max_size=200))
def test_no_text_breaks_the_reading(sql: str) -> None:
    assert all(isinstance(name, str) for name in tables_in(f"SELECT 1 FROM {sql}"))
