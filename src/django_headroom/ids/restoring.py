"""After a restore or a promotion: ids go on beyond all that may have been handed out, in a new epoch.

A copy of a database knows its ids up to the moment of which it is a copy. PostgreSQL writes a sequence into its log 32
values ahead, so a crash, or a replica that has the whole log, skips values and repeats none. What was handed out
after a backup, or was not yet on the replica that took over, is unknown to the copy: the gap leaves it behind.
"""

from django.apps import apps
from django.db import connections, models, router, transaction

from django_headroom.ids.slots import STEP, TIMELINE, slot_of
from django_headroom.ids.stepping import SteppingAutoField, forget_blocks


class NoTimeline(Exception):
    """A database that does not know in which history of its server ids were last seen to."""


def epoch(alias: str) -> int:
    """How often the partition was promoted or restored: numbers handed out before mean nothing after."""
    with connections[alias].cursor() as cursor:
        cursor.execute("SELECT epoch FROM headroom_slot")
        found: int = cursor.fetchone()[0]
        return found


def raise_epoch(alias: str) -> int:
    """Begin a new epoch in a partition, and return it; ``skip_ahead`` does it by itself.

    >>> raise_epoch("p1")
    2
    """
    with connections[alias].cursor() as cursor:
        cursor.execute("UPDATE headroom_slot SET epoch = epoch + 1 RETURNING epoch")
        found: int = cursor.fetchone()[0]
        return found


def skip_ahead(alias: str, *, gap: int = 1_000_000) -> int:
    """Let every table of a partition go on ``gap`` ids further, and begin a new epoch.

    To be called before the restored, or promoted, database is written to. Ids that a process drew ahead from the
    database before (``next_id``) stay unique: they lie in the gap.

    Args:
        alias: the partition.
        gap: more rows than may have been written to one table since the backup, or since the replica fell behind.

    Returns:
        The new epoch.

    >>> skip_ahead("p1", gap=5_000_000)
    2
    """
    if gap < 1:
        raise ValueError(f"The gap is {gap}: name more ids than were handed out since the copy was made.")
    forget_blocks(alias)
    with transaction.atomic(using=alias):
        for model in _stepping_models(alias):
            _skip(alias, model, gap)
        if connections[alias].vendor == "postgresql" and written_timeline(alias) is not None:
            with connections[alias].cursor() as cursor:
                cursor.execute(f"UPDATE headroom_slot SET timeline = {TIMELINE}")
        return raise_epoch(alias)


def skip_ahead_if_promoted(alias: str, *, gap: int = 1_000_000) -> int | None:
    """Skip ahead if the server's history is another than that in which ids are known to go on; else do nothing.

    So it may be called at any time, by anybody, and any number of times: of many at once one skips.

    Args:
        alias, gap: as for ``skip_ahead``.

    Returns:
        The new epoch, or None where there was nothing to do.

    Raises:
        NoTimeline: the database does not know its history.

    >>> skip_ahead_if_promoted("p1")
    """
    with transaction.atomic(using=alias):
        known = written_timeline(alias)
        if known is None or connections[alias].vendor != "postgresql":
            raise NoTimeline(
                f"The database {alias!r} has no timeline written in it: put WriteTimeline() into a migration, and "
                f"migrate it; on SQLite nothing is promoted, and a restore is followed by skip_ahead()."
            )
        with connections[alias].cursor() as cursor:
            cursor.execute(f"SELECT timeline = {TIMELINE} FROM headroom_slot FOR UPDATE")
            if cursor.fetchone()[0]:
                return None
        return skip_ahead(alias, gap=gap)


def written_timeline(alias: str) -> int | None:
    """The history in which ids are known to go on; None in a database that was not told to write it."""
    with connections[alias].cursor() as cursor:
        cursor.execute("SELECT * FROM headroom_slot")
        row = dict(zip([column[0] for column in cursor.description], cursor.fetchone(), strict=True))
    return row.get("timeline")


def _stepping_models(alias: str) -> list[type[models.Model]]:
    return [
        model
        for model in apps.get_models()
        if isinstance(model._meta.pk, SteppingAutoField) and router.allow_migrate_model(alias, model)
    ]


def _skip(alias: str, model: type[models.Model], gap: int) -> None:
    """From what the counter has reached, or the rows, where they were copied without it."""
    connection, slot = connections[alias], slot_of(alias)
    table = connection.ops.quote_name(model._meta.db_table)
    rows = f"(SELECT COALESCE(max(id), {slot}) FROM {table} WHERE id %% {STEP} = {slot})"
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                f"SELECT setval(name, greatest(nextval(name), {rows}) + %s)"
                " FROM CAST(pg_get_serial_sequence(%s, 'id') AS regclass) AS name",
                [STEP * gap, table],
            )
        else:
            cursor.execute(
                f"INSERT INTO headroom_ids (name, next) VALUES (%s, {rows} + %s)"
                " ON CONFLICT (name) DO UPDATE SET next = max(next + %s, excluded.next)",
                [model._meta.db_table, STEP * (gap + 1), STEP * gap],
            )
