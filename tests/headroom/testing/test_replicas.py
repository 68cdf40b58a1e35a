"""In a test a replica's alias sees what was written to its primary, refuses writes, and can be held back."""

import pytest
from django.db import DatabaseError, IntegrityError, InternalError, connections, transaction
from django.test import TestCase, TransactionTestCase
from django.test.testcases import DatabaseOperationForbidden
from django.test.utils import CaptureQueriesContext

from django_headroom.testing import ReadOnlyAlias, assertQueryCount, queries_counted, replica_lag
from tests.headroom.market.items.models import Item
from tests.headroom.market.shops.models import Shop
from tests.headroom.market.threads import DATABASES, together
from tests.headroom.settings import ON_POSTGRESQL

ALL = [*DATABASES, "p1_replica"]
in_a_transaction = pytest.mark.django_db(databases=ALL)
in_the_open = pytest.mark.django_db(databases=ALL, transaction=True)
both = pytest.mark.parametrize(
    "kind",
    [pytest.param("in a transaction", marks=in_a_transaction), pytest.param("open", marks=in_the_open)],
)
only_postgresql = pytest.mark.skipif(not ON_POSTGRESQL, reason="words that SQLite does not have")
TABLE = Item._meta.db_table


def on_replica(shop: Shop) -> list[str]:
    return list(Item.objects.of(shop).using("p1_replica").order_by("id").values_list("name", flat=True))


def say(sql: str, alias: str = "p1_replica") -> list[tuple[object, ...]]:
    with connections[alias].cursor() as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall()) if cursor.description else []


@both
def test_a_replica_sees_what_the_test_wrote(kind: str, bakery: Shop) -> None:
    Item.objects.of(bakery).create(name="rye")
    assert on_replica(bakery) == ["rye"]


@both
def test_a_write_through_a_replica_is_refused_with_the_cure(kind: str, bakery: Shop) -> None:
    item = Item.objects.of(bakery).create(name="rye")
    with pytest.raises(
        ReadOnlyAlias, match=r"'p1_replica' is a replica of 'p1' .*test_replicas.py:\d+\): send this"
    ):
        Item.objects.using("p1_replica").filter(pk=item.pk).update(name="ham")
    with pytest.raises(ReadOnlyAlias):
        Item.objects.using("p1_replica").filter(pk=item.pk).delete()
    assert on_replica(bakery) == ["rye"]
    Item.objects.of(bakery).update(name="wheat")
    assert on_replica(bakery) == ["wheat"], "the primary takes writes as before, and the transaction is whole"


@both
@pytest.mark.parametrize(
    "sql",
    [
        f"INSERT INTO {TABLE} (name) VALUES ('x')",
        f"/* SELECT */ DELETE FROM {TABLE}",
        f"WITH chosen AS (SELECT 1 AS id) DELETE FROM {TABLE} WHERE id IN (SELECT id FROM chosen)",
        f"CREATE INDEX late ON {TABLE} (price)",
        pytest.param(f"SELECT * FROM {TABLE} FOR UPDATE", marks=only_postgresql),
        pytest.param(f"SELECT nextval(pg_get_serial_sequence('{TABLE}', 'id'))", marks=only_postgresql),
        pytest.param(
            f"WITH gone AS (DELETE FROM {TABLE} RETURNING id) SELECT count(*) FROM gone",
            marks=only_postgresql,
        ),
    ],
)
def test_whatever_writes_is_refused_however_it_is_written(kind: str, sql: str, bakery: Shop) -> None:
    with pytest.raises(ReadOnlyAlias):
        say(sql)
    assert say("SELECT 1") == [(1,)]


@only_postgresql
@both
def test_a_function_that_writes_is_refused(kind: str, bakery: Shop) -> None:
    say(
        "CREATE OR REPLACE FUNCTION sell_all() RETURNS bigint LANGUAGE sql VOLATILE AS"
        f" $$ UPDATE {TABLE} SET state = 'sold'; SELECT 1::bigint $$",
        alias="p1",
    )
    try:
        with pytest.raises(ReadOnlyAlias):
            say("SELECT sell_all()")
    finally:
        say("DROP FUNCTION sell_all", alias="p1")


@both
@pytest.mark.parametrize(
    "sql",
    [
        f"WITH all_of_them AS (SELECT * FROM {TABLE}) SELECT name FROM all_of_them",
        f"\n select name from {TABLE}",
    ],
)
def test_whatever_only_reads_passes(kind: str, sql: str, bakery: Shop) -> None:
    Item.objects.of(bakery).create(name="rye")
    assert say(sql) == [("rye",)]


@both
def test_many_rows_are_streamed_from_a_replica(kind: str, bakery: Shop) -> None:
    Item.objects.of(bakery).bulk_create(Item(name="x") for _ in range(50))
    with transaction.atomic("p1_replica"):
        assert len(list(Item.objects.of(bakery).using("p1_replica").iterator(chunk_size=7))) == 50
    assert len(list(Item.objects.of(bakery).using("p1_replica").iterator(chunk_size=7))) == 50


@both
def test_each_alias_is_counted_by_itself(kind: str, bakery: Shop) -> None:
    with assertQueryCount(1, "p1_replica"), assertQueryCount(2, "p1"):
        Item.objects.of(bakery).count()
        on_replica(bakery)
        Item.objects.of(bakery).count()
    with CaptureQueriesContext(connections["p1_replica"]) as captured:
        on_replica(bakery)
        Item.objects.of(bakery).count()
    own = [each["sql"] for each in captured if "headroom_replica" not in each["sql"]]
    assert len(own) == 1, "Django's own counting too"


def test_other_tests_have_the_replicas_own_connection(db: None) -> None:
    assert type(connections["p1_replica"]) is type(connections["p1"])


@in_a_transaction
def test_a_query_that_fails_on_the_replica_does_not_break_its_primary(bakery: Shop) -> None:
    with pytest.raises(DatabaseError):
        say("SELECT no_such_column FROM items_item")
    assert Item.objects.of(bakery).create(name="rye").name == "rye"
    assert on_replica(bakery) == ["rye"]


@in_a_transaction
def test_a_broken_transaction_names_the_alias_that_broke_it(bakery: Shop) -> None:
    item = Item.objects.of(bakery).create(name="rye")
    with pytest.raises(IntegrityError), transaction.atomic("p1"), transaction.atomic("p1", savepoint=False):
        Item.objects.using("p1").bulk_create([Item(pk=item.pk, shop_id=bakery.pk, name="twice")])
    with transaction.atomic("p1"):
        with pytest.raises(IntegrityError), transaction.atomic("p1", savepoint=False):
            Item.objects.using("p1").bulk_create([Item(pk=item.pk, shop_id=bakery.pk, name="twice")])
        with pytest.raises(DatabaseError) as failure:
            on_replica(bakery)
        connections["p1"].needs_rollback = True
    (note,) = failure.value.__notes__
    assert (
        "The transaction was broken through the alias 'p1' at tests/headroom/testing/test_replicas.py:"
        in note
    )
    assert "INSERT INTO" in note
    assert on_replica(bakery) == ["rye"]


@in_a_transaction
def test_closing_a_replica_leaves_the_test_its_transaction(bakery: Shop) -> None:
    Item.objects.of(bakery).create(name="rye")
    connections["p1_replica"].close()
    assert on_replica(bakery) == ["rye"]


@both
def test_a_frozen_replica_answers_from_the_state_at_that_moment(kind: str, bakery: Shop) -> None:
    Item.objects.of(bakery).create(name="rye")
    with replica_lag(frozen=True):
        Item.objects.of(bakery).create(name="wheat")
        Item.objects.of(bakery).filter(name="rye").update(name="old rye")
        assert on_replica(bakery) == ["rye"]
        with transaction.atomic("p1_replica"):
            assert on_replica(bakery) == ["rye"]
        assert list(Item.objects.of(bakery).order_by("id").values_list("name", flat=True)) == [
            "old rye",
            "wheat",
        ]
    assert on_replica(bakery) == ["old rye", "wheat"], "it has come near again"


@both
def test_a_frozen_replica_refuses_writes_too(kind: str, bakery: Shop) -> None:
    with replica_lag("p1_replica"):
        with pytest.raises(ReadOnlyAlias):
            Item.objects.of(bakery).using("p1_replica").update(price=1)
        assert on_replica(bakery) == []


@both
def test_holding_a_replica_is_not_counted_and_ends_with_an_error(kind: str, bakery: Shop) -> None:
    with queries_counted() as spent, pytest.raises(ZeroDivisionError), replica_lag():
        raise ZeroDivisionError
    assert spent.count == 0
    Item.objects.of(bakery).create(name="rye")
    assert on_replica(bakery) == ["rye"]


@in_a_transaction
def test_lag_that_is_switched_off_is_none(bakery: Shop) -> None:
    with replica_lag(frozen=False):
        Item.objects.of(bakery).create(name="rye")
        assert on_replica(bakery) == ["rye"]


@only_postgresql
@in_the_open
def test_other_threads_see_the_held_state_as_well(bakery: Shop) -> None:
    with replica_lag():
        Item.objects.of(bakery).create(name="rye")
        assert together(3, lambda _: on_replica(bakery)) == [[], [], []]
    assert together(3, lambda _: on_replica(bakery)) == [["rye"]] * 3


@in_the_open
def test_other_threads_may_not_write_either(bakery: Shop) -> None:
    def write(_: int) -> str:
        with pytest.raises(InternalError) as refusal:
            Item.objects.of(bakery).using("p1_replica").update(price=1)
        return type(refusal.value).__name__

    assert together(2, write) == ["ReadOnlyAlias"] * 2


@pytest.mark.parametrize(
    "kind",
    [
        pytest.param("in a transaction", marks=pytest.mark.django_db(databases=DATABASES)),
        pytest.param("open", marks=pytest.mark.django_db(databases=DATABASES, transaction=True)),
    ],
)
def test_a_replica_that_is_not_declared_is_refused_in_every_thread(kind: str, bakery: Shop) -> None:
    def read(_: int) -> str:
        with pytest.raises(DatabaseOperationForbidden) as refusal:
            on_replica(bakery)
        return str(refusal.value)

    for told in [read(0), *together(2, read)]:
        assert "to 'p1_replica' are not allowed in this test" in told


class ReplicaOfACase(TestCase):
    """A class of Django's has one transaction around all its tests."""

    databases = set(ALL)
    shop: Shop

    @classmethod
    def setUpTestData(cls) -> None:
        cls.shop = Shop.objects.create(name="bakery", partition="p1")
        Item.objects.of(cls.shop).create(name="rye")

    def test_it_sees_what_the_class_wrote(self) -> None:
        Item.objects.of(self.shop).create(name="wheat")
        assert on_replica(self.shop) == ["rye", "wheat"]

    def test_and_nothing_of_the_other_test(self) -> None:
        assert on_replica(self.shop) == ["rye"]


class ReplicaOfAnOpenCase(TransactionTestCase):
    """Here it has a connection of its own."""

    databases = set(ALL)

    def test_it_sees_what_was_committed_and_takes_no_writes(self) -> None:
        shop = Shop.objects.create(name="bakery", partition="p1")
        Item.objects.of(shop).create(name="rye")
        assert on_replica(shop) == ["rye"]
        with pytest.raises(ReadOnlyAlias):
            Item.objects.of(shop).using("p1_replica").update(price=1)
