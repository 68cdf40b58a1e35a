"""Migration operations: the tables in which a database says which slot is its own, and who has left it."""

import secrets
from typing import Any

from django.db import router
from django.db.migrations.operations.base import Operation

from django_headroom.ids.slots import TIMELINE, slot_of


class _Writing(Operation):
    """SQL that runs in the databases in which the app has its tables; Django's own state knows nothing of it."""

    reduces_to_sql = True
    reversible = True

    def state_forwards(self, app_label: str, state: Any) -> None:
        """Nothing of Django's own state changes."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        if router.allow_migrate(schema_editor.connection.alias, app_label):
            for sql in self.forwards(schema_editor.connection):
                schema_editor.execute(sql)

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        if router.allow_migrate(schema_editor.connection.alias, app_label):
            for sql in self.backwards(schema_editor.connection):
                schema_editor.execute(sql)

    def forwards(self, connection: Any) -> list[str]:
        raise NotImplementedError

    def backwards(self, connection: Any) -> list[str]:
        raise NotImplementedError


class WriteSlot(_Writing):
    """Write the slot into a partition, with the counters that SQLite needs; first in one app's first migration."""

    def forwards(self, connection: Any) -> list[str]:
        written = [
            "CREATE TABLE headroom_slot (slot integer NOT NULL, epoch integer NOT NULL)",
            f"INSERT INTO headroom_slot VALUES ({slot_of(connection.alias)}, 1)",
        ]
        if connection.vendor == "sqlite":
            written.append("CREATE TABLE headroom_ids (name text PRIMARY KEY, next integer NOT NULL)")
        return written

    def backwards(self, connection: Any) -> list[str]:
        tables = ["headroom_slot", "headroom_ids"] if connection.vendor == "sqlite" else ["headroom_slot"]
        return [f"DROP TABLE {table}" for table in tables]

    def describe(self) -> str:
        return "Write the slot of this database"


class WriteIdentity(_Writing):
    """Beside the slot a random identity for the ledger, and the table in which rows that leave leave word."""

    def forwards(self, connection: Any) -> list[str]:
        return [
            "ALTER TABLE headroom_slot ADD COLUMN identity varchar(32) NOT NULL DEFAULT ''",
            f"UPDATE headroom_slot SET identity = '{secrets.token_hex(16)}'",
            "CREATE TABLE headroom_departed (name varchar(63) NOT NULL, id bigint NOT NULL,"
            " tenant_id bigint NOT NULL, PRIMARY KEY (name, id))",
        ]

    def backwards(self, connection: Any) -> list[str]:
        return ["DROP TABLE headroom_departed", "ALTER TABLE headroom_slot DROP COLUMN identity"]

    def describe(self) -> str:
        return "Write the identity of this database"


class WriteTimeline(_Writing):
    """Beside the slot: the history of its server in which ids are known to go on, see ``skip_ahead_if_promoted``."""

    def forwards(self, connection: Any) -> list[str]:
        written = ["ALTER TABLE headroom_slot ADD COLUMN timeline integer NOT NULL DEFAULT 0"]
        if connection.vendor == "postgresql":
            written.append(f"UPDATE headroom_slot SET timeline = {TIMELINE}")
        return written

    def backwards(self, connection: Any) -> list[str]:
        return ["ALTER TABLE headroom_slot DROP COLUMN timeline"]

    def describe(self) -> str:
        return "Write the timeline of this database"


class WriteLedger(_Writing):
    """The ledger of slots, for one app that lives in the database ``HEADROOM["LEDGER"]``."""

    def forwards(self, connection: Any) -> list[str]:
        columns = "slot integer PRIMARY KEY, identity varchar(32) NOT NULL, alias varchar(100) NOT NULL"
        return [f"CREATE TABLE headroom_ledger ({columns})"]

    def backwards(self, connection: Any) -> list[str]:
        return ["DROP TABLE headroom_ledger"]

    def describe(self) -> str:
        return "Write the ledger of slots"
