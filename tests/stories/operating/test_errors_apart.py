"""A site on one set of SQLite files, with one more for errors: it is made ready, shown, and filled by nobody else."""

import os
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from sqlite3 import connect

import pytest


@pytest.fixture
def site(tmp_path: Path) -> dict[str, str]:
    plain = {name: value for name, value in os.environ.items() if not name.startswith("DESCANT_")}
    told = {"DESCANT_DATA": str(tmp_path), "DESCANT_PARTITIONS": "2", "DESCANT_ERRORS_DATABASE": "sqlite"}
    return {**plain, **told, "DJANGO_SETTINGS_MODULE": "descant.site.settings"}


def descant(site: dict[str, str], words: str) -> str:
    command = [sys.executable, "-m", "descant", *words.split()]
    done = subprocess.run(command, env=site, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def tables(file: Path) -> set[str]:
    with closing(connect(file)) as database:
        return {name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}


def test_errors_have_a_file_that_is_made_with_the_others(site: dict[str, str], tmp_path: Path) -> None:
    assert "Upgraded errors." in descant(site, "upgrade")
    assert "It is read in errors, written in errors, migrated in errors." in descant(
        site, "router explain errors"
    )
    descant(site, "forum open gazette --domain gazette.example")
    descant(site, "seed --forum gazette --threads 3 --comments 20")
    descant(site, "worker --once")
    assert "delayed_event" in tables(tmp_path / "errors.sqlite3")
    assert not [name for name in tables(tmp_path / "errors.sqlite3") if name.startswith(("accounts", "disc"))]
    assert "discussion_comment" in tables(tmp_path / "partition-2.sqlite3")
