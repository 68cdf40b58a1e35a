"""Writes go to the primary: a replica's alias refuses them, so does its connection, and so does a role made for it."""

import psycopg
import pytest
from django.db import InternalError, connections, router, transaction
from django.test import override_settings

from django_headroom.replicas import OnlyForReading, check_replicas, session
from django_headroom.testing import queries_counted
from django_headroom.transactions import writing
from tests.headroom.market.items.models import Item, Ticket
from tests.headroom.market.shops.models import Shop
from tests.headroom.market.threads import DATABASES
from tests.headroom.servers.conftest import REPLICAS
from tests.headroom.settings import ON_POSTGRESQL
from tests.servers import Server

pytestmark = pytest.mark.django_db(databases=[*DATABASES, *REPLICAS], transaction=True)

needs_postgresql = pytest.mark.skipif(not ON_POSTGRESQL, reason="SQLite knows neither such options nor roles")

# As on the page docs/toolkit/replicas.md.
READER = """
CREATE ROLE reader LOGIN;
GRANT pg_read_all_data, pg_read_all_stats TO reader;
ALTER ROLE reader SET default_transaction_read_only = on;
"""


def test_the_router_never_answers_with_a_replica(bakery: Shop) -> None:
    item = Item.objects.of(bakery).create(name="rye")
    item._state.db = "p1_replica"
    assert router.db_for_write(Item, instance=item) == "p1"
    assert Item.objects.of(bakery).db == "p1"


def test_a_write_through_a_replicas_alias_is_refused_with_the_cure(bakery: Shop) -> None:
    """On a mirror as well, which would take it: what is refused here is the alias."""
    connections["p1_replica"].close()
    rows = Item.objects.of(bakery).using("p1_replica")
    cure = r"was sent to 'p1_replica', which is a replica and only for reading: .*\.using\('p1'\)"
    with pytest.raises(OnlyForReading, match=f"^INSERT {cure}"):
        rows.create(name="rye")
    with pytest.raises(OnlyForReading, match=f"^INSERT {cure}"):
        Ticket.objects.using("p1_replica").create(text="one")
    with pytest.raises(OnlyForReading, match=r"^UPDATE"):
        rows.update(price=1)
    with pytest.raises(OnlyForReading, match=r"^DELETE"):
        rows._raw_delete("p1_replica")
    with pytest.raises(OnlyForReading, match=r"^TRUNCATE"), connections["p1_replica"].cursor() as cursor:
        cursor.execute("/* in passing */ TRUNCATE items_item")
    with pytest.raises(OnlyForReading, match=r"^WITH"), connections["p1_replica"].cursor() as cursor:
        cursor.execute("WITH gone AS (DELETE FROM items_item RETURNING id) SELECT count(*) FROM gone")
    assert rows.count() == 0


@needs_postgresql
def test_its_connection_refuses_what_the_alias_lets_through(bakery: Shop) -> None:
    Item.objects.of(bakery).create(name="rye")
    locking = Item.objects.of(bakery).using("p1_replica").select_for_update()
    with pytest.raises(InternalError, match="read-only transaction"), transaction.atomic(using="p1_replica"):
        list(locking)
    with (
        pytest.raises(InternalError, match="read-only transaction"),
        connections["p1_replica"].cursor() as cursor,
    ):
        cursor.execute("SELECT nextval(pg_get_serial_sequence('items_ticket', 'id'))")


@needs_postgresql
def test_so_does_a_role_that_is_made_for_reading(bakery: Shop, primary: Server) -> None:
    name = connections["p1"].settings_dict["NAME"]
    with psycopg.connect(f"{primary.url}/{name}", autocommit=True) as owner:
        owner.execute(READER)
    try:
        reader = primary.url.replace("//descant@", "//reader@")
        with psycopg.connect(f"{reader}/{name}", autocommit=True) as reading:
            assert reading.execute("SELECT count(*) FROM items_item").fetchone() == (0,)
            with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
                reading.execute("INSERT INTO items_ticket (text) VALUES ('one')")
            reading.execute("SET default_transaction_read_only = off")
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                reading.execute("INSERT INTO items_ticket (text) VALUES ('one')")
    finally:
        with psycopg.connect(f"{primary.url}/{name}", autocommit=True) as owner:
            owner.execute("DROP OWNED BY reader")
            owner.execute("DROP ROLE reader")


def test_a_database_without_replicas_pays_nothing(butcher: Shop) -> None:
    """Not a statement, not a wrapper around one."""
    connections["p2"].close()
    with queries_counted() as alone, writing(butcher):
        Item.objects.of(butcher).create(name="ham")
    with queries_counted() as spent, session("u7"), writing(butcher):
        Item.objects.of(butcher).create(name="ham")
    assert spent.count == alone.count
    modules = [getattr(each, "__module__", "") for each in connections["p2"].execute_wrappers]
    assert not [module for module in modules if "replicas" in module]


@needs_postgresql
def test_the_checks_name_what_an_alias_lacks() -> None:
    assert check_replicas(None) == []
    with override_settings(HEADROOM={"REPLICAS": {"p1": ("p2", "p9")}}):
        assert [(each.id, "'p9'" in each.msg) for each in check_replicas(None)] == [
            ("headroom.E201", True),
            ("headroom.W202", False),
            ("headroom.W203", False),
        ]
