"""In autocommit until the first write; from there on one transaction, kept or undone whole."""

from collections.abc import Callable

import pytest
from django.db import IntegrityError, connections, transaction

from django_headroom.transactions import SecondDatabase, on_first_write, writing
from tests.headroom.market.people.models import Person
from tests.headroom.market.shops.models import Shop
from tests.headroom.market.threads import DATABASES, together
from tests.headroom.market.wire import on_the_wire
from tests.headroom.settings import ON_POSTGRESQL

pytestmark = pytest.mark.django_db(databases=DATABASES, transaction=True)

TRANSACTIONS_OWN = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE")


class Spoilt(Exception):
    """Something goes wrong in the middle."""


def make(name: str) -> Shop:
    return Shop.objects.create(name=name, partition="p1")


def kept() -> list[str]:
    """The shops that another connection sees."""
    return together(1, lambda _: list(Shop.objects.order_by("id").values_list("name", flat=True)))[0]


def own_words(sent: list[str]) -> list[str]:
    return [sql.split()[0].rstrip(";") for sql in sent if sql.startswith(TRANSACTIONS_OWN)]


def test_reading_sends_not_one_word_of_a_transaction(db: None) -> None:
    with on_the_wire("default") as sent, on_first_write("default"):
        assert not Shop.objects.filter(name="rye").exists()
        assert list(Shop.objects.all().iterator()) == []
    assert own_words(sent) == []
    assert any("SELECT" in sql for sql in sent)


@pytest.mark.skipif(not ON_POSTGRESQL, reason="asks the server for the state of a session")
def test_the_server_is_idle_between_reads_and_in_a_transaction_after_a_write(db: None) -> None:
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        pid = cursor.fetchone()[0]

    def state(_: int) -> str:
        with connections["default"].cursor() as cursor:
            cursor.execute("SELECT state FROM pg_stat_activity WHERE pid = %s", [pid])
            return str(cursor.fetchone()[0])

    with on_first_write("default"):
        assert not Shop.objects.exists()
        assert together(1, state) == ["idle"]
        make("rye")
        assert together(1, state) == ["idle in transaction"]
    assert together(1, state) == ["idle"]


def test_all_writes_are_one_transaction(db: None) -> None:
    with on_the_wire("default") as sent, on_first_write("default") as wrote:
        assert not Shop.objects.exists()
        make("rye")
        make("oat")
        assert wrote.aliases == ["default"]
        assert kept() == []
    assert own_words(sent) == ["BEGIN", "COMMIT"]
    assert kept() == ["rye", "oat"]
    assert connections["default"].get_autocommit()
    assert not connections["default"].in_atomic_block


def bulk() -> None:
    Shop.objects.bulk_create([Shop(name="oat"), Shop(name="spelt")])


def get_or_create() -> None:
    Shop.objects.get_or_create(name="oat", defaults={"partition": "p2"})


def delete() -> None:
    Shop.objects.filter(name="old").delete()


def of_its_own() -> None:
    with transaction.atomic():
        make("oat")


def with_writing() -> None:
    with writing("default"):
        make("oat")


@pytest.mark.parametrize("write", [bulk, get_or_create, delete, of_its_own, with_writing])
def test_what_opens_a_transaction_of_its_own_is_undone_with_the_rest(write: Callable[[], None]) -> None:
    make("old")
    with pytest.raises(Spoilt), on_first_write("default"):
        write()
        assert sorted(Shop.objects.values_list("name", flat=True)) != ["old"]
        raise Spoilt
    assert kept() == ["old"]
    with on_first_write("default"):
        write()
    assert kept() != ["old"]


def test_what_waits_for_the_commit_waits_from_before_the_first_write(db: None) -> None:
    told: list[list[str]] = []
    with on_first_write("default"):
        transaction.on_commit(lambda: told.append(kept()))
        make("rye")
        transaction.on_commit(lambda: told.append(kept()))
        assert told == []
    assert told == [["rye"], ["rye"]]


def test_what_waits_for_a_commit_that_never_comes_runs_at_the_end(db: None) -> None:
    told: list[str] = []
    with on_first_write("default"):
        transaction.on_commit(lambda: told.append("read"))
        assert not Shop.objects.exists()
        assert told == []
    assert told == ["read"]
    for reads_only in (True, False):
        with pytest.raises(Spoilt), on_first_write("default"):
            transaction.on_commit(lambda: told.append("never"))
            if not reads_only:
                make("rye")
            raise Spoilt
    assert told == ["read"]


def test_a_lock_that_comes_first_opens_the_transaction(db: None) -> None:
    rye = make("rye")
    with on_first_write("default"):
        assert Shop.objects.select_for_update().get(pk=rye.pk) == rye
        if ON_POSTGRESQL:
            with pytest.raises(Exception, match="could not obtain lock"):
                together(1, lambda _: try_to_lock(rye.pk))


def try_to_lock(pk: int) -> None:
    with transaction.atomic():
        Shop.objects.select_for_update(nowait=True).get(pk=pk)


def test_savepoints_are_as_django_has_them(db: None) -> None:
    with on_first_write("default"):
        make("rye")
        with pytest.raises(Spoilt), transaction.atomic():
            make("oat")
            raise Spoilt
        with pytest.raises(IntegrityError), transaction.atomic():
            Shop.objects.create(pk=Shop.objects.get().pk, name="twice")
        make("spelt")
    assert kept() == ["rye", "spelt"]


def test_a_durable_block_is_refused_as_inside_any_transaction(db: None) -> None:
    with (
        on_first_write("default"),
        pytest.raises(RuntimeError, match="durable"),
        transaction.atomic(durable=True),
    ):
        raise AssertionError("it was opened")


def test_a_second_database_is_refused_before_anything_is_sent(db: None) -> None:
    with (
        pytest.raises(SecondDatabase, match="written to 'default', and now would to 'people'"),
        on_the_wire("people") as sent,
        on_first_write("default", "people"),
    ):
        make("rye")
        assert not Person.objects.exists(), "reading is free"
        Person.objects.create(name="Ann")
    assert (kept(), Person.objects.count()) == ([], 0)
    assert all(sql.startswith("SELECT") for sql in sent)


def test_a_database_that_is_not_named_is_refused(db: None) -> None:
    with on_first_write("default"):
        assert not Person.objects.exists()
        with pytest.raises(
            SecondDatabase, match=r"A write to 'people' in a request that may write to 'default'"
        ):
            Person.objects.create(name="Ann")
    Person.objects.create(name="Ann")


def test_two_that_are_declared_are_both_kept_or_both_undone(db: None) -> None:
    with pytest.raises(Spoilt), on_first_write("default", "people", together=True):
        make("rye")
        Person.objects.create(name="Ann")
        raise Spoilt
    assert (kept(), Person.objects.count()) == ([], 0)
    with on_first_write("default", "people", together=True) as wrote:
        make("rye")
        Person.objects.create(name="Ann")
    assert (kept(), Person.objects.count(), wrote.aliases) == (["rye"], 1, ["default", "people"])


def test_a_connection_that_was_not_open_yet_is_as_good(db: None) -> None:
    told: list[str] = []
    connections["default"].close()
    with pytest.raises(Spoilt), on_first_write("default"):
        transaction.on_commit(lambda: told.append("never"))
        bulk()
        raise Spoilt
    connections["default"].close()
    with on_first_write("default"):
        transaction.on_commit(lambda: told.append("once"))
        bulk()
    assert (told, kept()) == (["once"], ["oat", "spelt"])


def test_a_transaction_that_is_open_already_serves(db: None) -> None:
    with transaction.atomic():
        with pytest.raises(Spoilt), on_first_write("default"):
            make("rye")
            raise Spoilt
        make("oat")
    assert kept() == ["oat"]


@pytest.mark.parametrize(
    ("sql", "opens"),
    [
        ("SELECT 1", False),
        ("  /* a note */ SELECT 1", False),
        ("-- a note\nSELECT 1", False),
        ("WITH one AS (SELECT 1 AS n) SELECT n FROM one", False),
        ("WITH gone AS (SELECT 1) DELETE FROM shops_shop WHERE id < 0", True),
        ("UPDATE shops_shop SET name = '' WHERE id < 0", True),
        ("/* SELECT */ DELETE FROM shops_shop WHERE id < 0", True),
        ("CREATE TABLE made_on_the_way (id int)", True),
    ],
)
def test_a_statement_is_judged_by_its_verb(sql: str, opens: bool) -> None:
    with on_first_write("default") as wrote, connections["default"].cursor() as cursor:
        cursor.execute(sql)
        assert (wrote.aliases == ["default"]) is opens
        wrote.undo()
