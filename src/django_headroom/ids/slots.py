"""Which slot belongs to which database: written in the database itself, and in a ledger that never forgets one."""

from dataclasses import dataclass

from django.db import connections

from django_headroom.conf import headroom

STEP = 1024
# PostgreSQL counts the histories of a server: each promotion, and each restore to a point in time, begins another.
TIMELINE = (
    "CAST(CAST('x' || substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8) AS bit(32)) AS integer)"
)


class WrongSlot(Exception):
    """A database that says it has another slot than the settings say."""


class SlotTaken(WrongSlot):
    """A slot that another database had before: its ids are out in the world."""


@dataclass(frozen=True)
class Written:
    """What a partition says of itself: its slot, and a random name that only copies of it share."""

    slot: int
    identity: str


def check_slots(*aliases: str) -> None:
    """Compare the slot written in each partition with the settings and with the ledger; call it at each start.

    The ledger is a table in the database ``HEADROOM["LEDGER"]``: a slot that is new there is entered for the database
    that has it, and is that database's for ever, also when it has been taken out of the settings.

    Args:
        aliases: the partitions to look at; none means all.

    Raises:
        WrongSlot: settings and database differ, so two databases could hand out the same id.
        SlotTaken: the ledger says that the slot was another database's.

    >>> check_slots()
    """
    for alias in aliases or headroom().partitions:
        written, slot = written_in(alias), slot_of(alias)
        if written is None:
            raise WrongSlot(f"The database {alias!r} has no slot written in it: migrate it first.")
        if written.slot != slot:
            raise WrongSlot(
                f"The database {alias!r} has slot {written.slot}, the settings say {slot}: name the database that "
                f"belongs to this alias, or correct HEADROOM['SLOTS']."
            )
        if headroom().ledger:
            _compare_with_ledger(alias, written)


def check_slot_is_free(alias: str) -> None:
    """Before a new database is migrated: refuse to give it a slot that another one had.

    Raises:
        SlotTaken: the ledger has its slot.

    >>> check_slot_is_free("p3")
    """
    entry = _entry_of(slot_of(alias)) if headroom().ledger else None
    if entry is not None:
        raise _taken(alias, slot_of(alias), entry)


def slot_of(alias: str) -> int:
    """The slot that the settings give to a database."""
    try:
        return headroom().slots[alias]
    except KeyError:
        raise WrongSlot(f"The database {alias!r} has no slot: give it one in HEADROOM['SLOTS'].") from None


def written_in(alias: str) -> Written | None:
    """What stands in the database; None where nothing was written yet. Its identity may be younger than its slot."""
    connection = connections[alias]
    with connection.cursor() as cursor:
        if "headroom_slot" not in connection.introspection.table_names(cursor):
            return None
        cursor.execute("SELECT * FROM headroom_slot")
        row = dict(zip([column[0] for column in cursor.description], cursor.fetchone(), strict=True))
    return Written(row["slot"], row.get("identity", ""))


def _compare_with_ledger(alias: str, written: Written) -> None:
    if not written.identity:
        raise WrongSlot(
            f"The database {alias!r} has no identity: put WriteIdentity() into a migration, and migrate it."
        )
    if _entry_of(written.slot) is None:
        _enter(alias, written)
    entry = _entry_of(written.slot)
    if entry is not None and entry[0] != written.identity:
        raise _taken(alias, written.slot, entry)


def _entry_of(slot: int) -> tuple[str, str] | None:
    ledger = connections[headroom().ledger]
    with ledger.cursor() as cursor:
        if "headroom_ledger" not in ledger.introspection.table_names(cursor):
            raise WrongSlot(
                f"The database {ledger.alias!r} keeps no ledger: put WriteLedger() into a migration of an app that "
                f"lives there, and migrate it."
            )
        cursor.execute("SELECT identity, alias FROM headroom_ledger WHERE slot = %s", [slot])
        found: tuple[str, str] | None = cursor.fetchone()
    return found


def _enter(alias: str, written: Written) -> None:
    """Of two that come at once one is entered; both look again afterwards."""
    with connections[headroom().ledger].cursor() as cursor:
        cursor.execute(
            "INSERT INTO headroom_ledger (slot, identity, alias) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
            [written.slot, written.identity, alias],
        )


def _taken(alias: str, slot: int, entry: tuple[str, str]) -> SlotTaken:
    return SlotTaken(
        f"The database {alias!r} may not have slot {slot}: it is that of another database, {entry[0]}, which was "
        f"{entry[1]!r}. Give {alias!r} a slot that was never used, and make it anew."
    )
