"""What an earlier release wrote is brought forward, with a backup, and reads as it did."""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from tests.stories.serving import descant, environment_of_a_site

RELEASES = sorted((Path(__file__).parent / "releases").iterdir())
READING = """
from descant.discussion.addressing.addresses import PageAddress
from descant.discussion.reading import read_page
from descant.forums.directory import forum_named
page = read_page(forum=forum_named("gazette"), page=PageAddress("bread"), order="oldest")
for line in page.lines:
    print(line.kind, line.comment.shown_name, line.comment.html.strip(), line.comment.ups)
print(page.thread.comments_shown)
"""


@pytest.mark.parametrize("release", RELEASES, ids=lambda path: path.name)
def test_the_data_of_a_release_is_brought_forward(release: Path, tmp_path: Path) -> None:
    for file in release.glob("*.sql"):
        with closing(sqlite3.connect(tmp_path / f"{file.stem}.sqlite3")) as database:
            database.executescript(file.read_text())
    plain = {name: value for name, value in os.environ.items() if not name.startswith("DESCANT_")}
    environment = {**plain, "DESCANT_DATA": str(tmp_path)}

    def descant(*words: str) -> str:
        command = [sys.executable, "-m", "descant", *words]
        return subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout

    assert "Every database is as this version needs it." in descant("upgrade")
    assert descant("manage", "shell", "-v", "0", "-c", READING).splitlines() == [
        "comment Gus <p><strong>Rye</strong>.</p> 1",
        "comment Ann <p>Wheat.</p> 0",
        "2",
    ]
    assert descant("upgrade").startswith("Every database")


def test_a_new_database_is_not_given_the_slot_of_one_that_is_gone(tmp_path: Path) -> None:
    plain = {name: value for name, value in os.environ.items() if not name.startswith("DESCANT_")}
    environment = {**plain, "DESCANT_DATA": str(tmp_path), "DESCANT_PARTITIONS": "2"}
    command = [sys.executable, "-m", "descant", "upgrade"]
    subprocess.run(command, env=environment, check=True, capture_output=True)
    for file in tmp_path.glob("partition-2.sqlite3*"):
        file.unlink()
    again = subprocess.run(command, env=environment, check=False, capture_output=True, text=True)
    assert again.returncode == 2
    assert "The database 'p2' may not have slot 2: it is that of another database" in again.stderr
    with closing(sqlite3.connect(tmp_path / "partition-2.sqlite3")) as database:
        assert database.execute("SELECT name FROM sqlite_master").fetchall() == [], "nothing was made in it"


def test_an_upgrade_that_changes_a_database_backs_it_up_first(tmp_path: Path) -> None:
    plain = {name: value for name, value in os.environ.items() if not name.startswith("DESCANT_")}
    environment = {**plain, "DESCANT_DATA": str(tmp_path)}
    command = [sys.executable, "-m", "descant"]
    subprocess.run([*command, "upgrade"], env=environment, check=True, capture_output=True)
    back = [*command, "manage", "migrate", "--database", "p1", "delayed", "zero"]
    subprocess.run(back, env=environment, check=True, capture_output=True)
    said = subprocess.run([*command, "upgrade"], env=environment, check=True, capture_output=True, text=True)
    assert "Backed up p1 to" in said.stdout
    (backup,) = (tmp_path / "backups").iterdir()
    with closing(sqlite3.connect(backup)) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert database.execute("SELECT slot FROM headroom_slot").fetchone() == (1,)


@pytest.mark.skipif(os.environ["DESCANT_TEST_DATABASE"] == "sqlite", reason="in SQLite writers queue")
def test_an_upgrade_never_has_others_wait_behind_it_for_long(tmp_path: Path) -> None:
    environment = environment_of_a_site(tmp_path, "locked")
    descant("upgrade", environment=environment)
    descant("manage", "migrate", "--database", "p1", "delayed", "0001", environment=environment)
    partition = environment["DESCANT_PARTITION_1"]
    with psycopg.connect(partition) as reader:
        reader.execute("SELECT FROM delayed_event")  # and whoever altered it would wait for her end
        command = [sys.executable, "-m", "descant", "upgrade", "--no-backup"]
        upgrading = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
        assert upgrading.stdout is not None
        assert upgrading.stdout.readline() == "p1: a lock is held by others; trying again.\n"
        assert "lane" not in columns(partition), "nothing is half done"
    rest, _ = upgrading.communicate(timeout=120)
    assert upgrading.returncode == 0
    assert "Upgraded p1." in rest
    assert "lane" in columns(partition)


def columns(url: str) -> set[str]:
    with psycopg.connect(url) as link:
        found = link.execute("SELECT attname FROM pg_attribute WHERE attrelid = 'delayed_event'::regclass")
        return {name for (name,) in found}
