"""A slot belongs to one database for ever: it says so itself, the settings say so, and the ledger does not forget."""

from typing import Any

import pytest
from django.db import connections

from django_headroom.ids import SlotTaken, WrongSlot, birthplace, check_slot_is_free, check_slots
from django_headroom.testing import query_budget
from tests.headroom.market.threads import DATABASES

pytestmark = pytest.mark.django_db(databases=DATABASES)


def say(alias: str, sql: str, *values: Any) -> list[tuple[Any, ...]]:
    with connections[alias].cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall()) if cursor.description else []


@pytest.fixture
def another_identity() -> None:
    """As if a new database stood under the alias p2; undone with the test's transaction."""
    say("p2", "UPDATE headroom_slot SET identity = 'f00d'")


def test_the_slot_is_written_in_the_database_and_checked() -> None:
    check_slots()
    assert [birthplace(1), birthplace(2)] == ["p1", "p2"]


def test_swapped_databases_are_refused_with_the_cure(settings: Any) -> None:
    settings.HEADROOM = {**settings.HEADROOM, "SLOTS": {"p1": 2, "p2": 1}}
    with pytest.raises(WrongSlot, match=r"'p[12]' has slot [12], the settings say [12]: name the database"):
        check_slots()


def test_each_partition_is_entered_in_the_ledger_once() -> None:
    check_slots()
    check_slots()
    entries = say("default", "SELECT slot, alias FROM headroom_ledger ORDER BY slot")
    assert entries == [(1, "p1"), (2, "p2")]


def test_checking_again_costs_two_queries_for_each_side(settings: Any) -> None:
    check_slots()
    with query_budget(12):
        check_slots()


def test_a_used_slot_is_refused_to_another_database(another_identity: None, settings: Any) -> None:
    settings.HEADROOM = {**settings.HEADROOM, "SLOTS": {"p1": 1}}
    check_slots()
    say("default", "DELETE FROM headroom_ledger WHERE slot = 2")
    say("default", "INSERT INTO headroom_ledger VALUES (2, 'beef', 'p9')")
    settings.HEADROOM = {**settings.HEADROOM, "SLOTS": {"p1": 1, "p2": 2}}
    with pytest.raises(SlotTaken, match=r"'p2' may not have slot 2: it is that of .* beef, which was 'p9'"):
        check_slots()
    check_slots("p1")


def test_the_slot_of_a_retired_partition_stays_taken(settings: Any) -> None:
    """Before a new database is migrated, so that nothing is made which must be thrown away."""
    check_slots()
    settings.HEADROOM = {**settings.HEADROOM, "SLOTS": {"p1": 1, "people": 2}}
    with pytest.raises(SlotTaken, match=r"which was 'p2'\. Give 'people' a slot that was never used"):
        check_slot_is_free("people")
    settings.HEADROOM = {**settings.HEADROOM, "SLOTS": {"p1": 1, "people": 3}}
    check_slot_is_free("people")


def test_a_database_keeps_its_slot_under_another_alias(settings: Any) -> None:
    """What counts is the database, not what the settings call it."""
    check_slots()
    say("default", "UPDATE headroom_ledger SET alias = 'west' WHERE slot = 2")
    check_slots()


def test_a_database_that_was_not_migrated_is_told_of(settings: Any) -> None:
    settings.HEADROOM = {**settings.HEADROOM, "SLOTS": {"p1": 1, "people": 3}}
    with pytest.raises(WrongSlot, match="'people' has no slot written in it: migrate it first"):
        check_slots()


def test_a_missing_identity_or_ledger_names_the_operation_that_writes_it(settings: Any) -> None:
    say("p2", "UPDATE headroom_slot SET identity = ''")
    with pytest.raises(WrongSlot, match=r"'p2' has no identity: put WriteIdentity\(\)"):
        check_slots()
    settings.HEADROOM = {**settings.HEADROOM, "LEDGER": "people"}
    with pytest.raises(WrongSlot, match=r"'people' keeps no ledger: put WriteLedger\(\)"):
        check_slots("p1")


def test_without_a_ledger_the_slots_alone_are_compared(another_identity: None, settings: Any) -> None:
    say("default", "DELETE FROM headroom_ledger")
    settings.HEADROOM = {**settings.HEADROOM, "LEDGER": ""}
    check_slots()
    check_slot_is_free("p2")
    assert say("default", "SELECT count(*) FROM headroom_ledger") == [(0,)]
