"""Writes a whole site of one forum into one SQLite file, which Descant serves as it is: the same rows, the same ids."""

import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.contrib.auth.hashers import make_password
from django.db import models
from django.db.backends.sqlite3.base import DatabaseWrapper

from descant.accounts.models import User
from descant.discussion.models import Comment, Thread, ThreadAddress
from descant.exchange.leaving.native import of_forum
from descant.exchange.leaving.people import Introduced
from descant.exchange.leaving.walking import rows
from descant.exchange.leaving.wanted import Wanted
from descant.exchange.leaving.withdrawn import leave_words_behind
from descant.exchange.native import OF_FORUM, SAID, Kind
from descant.forums.models import Domain, Role, Rule, RuleVersion
from django_headroom.ids import STEP

ENDING = "sqlite3"
PIECE = 1 << 20
ONE_FILE = {"DESCANT_PARTITIONS": "0", "DJANGO_SETTINGS_MODULE": "descant.site.settings"}
SLOT = 1  # of a site whose one database is all of it
DATABASES = re.compile(r"DESCANT_(?:DATABASE|PARTITION|ERRORS_DATABASE|PERFORMANCE_DATABASE|TEST)")
ADDRESSES = Kind(ThreadAddress, ("id", "thread_id", "kind", "value", "digest"))


def write(wanted: Wanted) -> Iterator[bytes]:
    """The bytes of the file, made in a temporary folder first."""
    with TemporaryDirectory(prefix="descant-export-") as folder:
        _make_site(folder)
        file = Path(folder) / "global.sqlite3"
        written = sqlite3.connect(file, isolation_level=None)
        try:
            _fill(written, wanted)
        finally:
            written.close()
        with file.open("rb") as content:
            while piece := content.read(PIECE):
                yield piece


def _make_site(folder: str) -> None:
    """An empty site with the tables of this version, as `descant upgrade` makes it."""
    kept = {name: value for name, value in os.environ.items() if not DATABASES.match(name)}
    site = {**kept, **ONE_FILE, "DESCANT_DATA": folder}
    command = [sys.executable, "-m", "descant", "upgrade", "--no-backup"]
    subprocess.run(command, env=site, check=True, stdout=subprocess.DEVNULL)


def _fill(written: sqlite3.Connection, wanted: Wanted) -> None:
    written.execute("PRAGMA synchronous=OFF")
    written.execute("BEGIN")
    copy = _Copy(written, wanted)
    copy.rows(type(wanted.forum), [wanted.forum], {"partition": "default", "organisation_id": None})
    copy.rows(Domain, Domain.objects.using("default").filter(forum=wanted.forum), {})
    for kind in OF_FORUM.values():
        for chunk in of_forum(wanted, kind):
            copy.kind(kind, chunk)
    for kind in (*SAID.values(), ADDRESSES):
        for chunk in rows(wanted.alias, wanted.forum, kind.model):
            leave_words_behind(wanted.alias, chunk)
            copy.kind(kind, chunk)
            wanted.count(len(chunk) if kind.model in (Thread, Comment) else 0)
        copy.go_on(kind.model)
    copy.close()
    written.execute("COMMIT")
    written.execute("PRAGMA journal_mode=DELETE")  # or the file would need another beside it


class _Copy:
    """Inserts rows as Django would, without a connection of Django's: the file is no database of this site."""

    def __init__(self, written: sqlite3.Connection, wanted: Wanted) -> None:
        self.written = written
        self.wanted = wanted
        self.introduced = Introduced()
        self._as_sqlite = DatabaseWrapper({"NAME": ":memory:", "TIME_ZONE": None}, "one file")

    def close(self) -> None:
        self.introduced.close()

    def kind(self, kind: Kind, chunk: list[Any]) -> None:
        """Roles stay behind, as those who have them cannot sign in there."""
        fixed: dict[str, Any] = {} if self.wanted.personal else dict.fromkeys(kind.personal, "")
        fixed |= {"address_mark": None} if "address_mark" in fixed else {}
        self._accounts(self.introduced.by(kind, chunk))
        if kind.model in (Rule, RuleVersion):
            for row in chunk:
                row.said = {key: each for key, each in row.said.items() if key != "secret"}
        if kind.model is not Role:
            self.rows(kind.model, chunk, fixed)

    def rows(self, model: type[models.Model], chunk: Iterable[Any], fixed: dict[str, Any]) -> None:
        fields = model._meta.concrete_fields
        names = ", ".join(f'"{field.column}"' for field in fields)
        sql = f'INSERT INTO "{model._meta.db_table}" ({names}) VALUES ({", ".join("?" * len(fields))})'
        self.written.executemany(sql, (self._values(fields, row, fixed) for row in chunk))

    def go_on(self, model: type[models.Model]) -> None:
        """New rows there have greater ids than all of these."""
        last = self.written.execute(f'SELECT coalesce(max(id), 0) FROM "{model._meta.db_table}"').fetchone()[
            0
        ]
        after = last - last % STEP + STEP + SLOT
        self.written.execute(
            "INSERT OR REPLACE INTO headroom_ids (name, next) VALUES (?, ?)", (model._meta.db_table, after)
        )

    def _accounts(self, people: Iterable[User]) -> None:
        """By their shown names alone; nobody signs in as one of them."""
        stand_ins = [
            User(
                pk=user.pk,
                username=f"moved-{user.pk}",
                name=str(user),
                password=make_password(None),
                is_active=False,
            )
            for user in people
        ]
        self.rows(User, stand_ins, {})

    def _values(self, fields: Iterable[Any], row: Any, fixed: dict[str, Any]) -> list[Any]:
        return [
            field.get_db_prep_save(fixed.get(field.attname, getattr(row, field.attname)), self._as_sqlite)
            for field in fields
        ]
