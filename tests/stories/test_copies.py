"""A site with replicas of its databases, two partitions and errors apart: who reads where, and what a writer sees."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.headroom.replica import running_replica
from tests.servers import Server, create_database, running_server

SERVER = os.environ.get("DESCANT_TEST_POSTGRESQL", "")
NAMES = ("copied", "copied_p1", "copied_p2", "copied_errors")
ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.skipif(not SERVER, reason="SQLite has no replicas")


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """What the site says of itself."""
    with running_server(Server) as primary, running_replica(primary.url) as replica:
        databases = [create_database(primary.url, name) for name in NAMES]
        names = {
            "DESCANT_DATABASE": databases[0],
            "DESCANT_PARTITION_1": databases[1],
            "DESCANT_PARTITION_2": databases[2],
            "DESCANT_ERRORS_DATABASE": databases[3],
            "DESCANT_DATABASE_REPLICAS": f"{replica.url}/copied",
            "DESCANT_PARTITION_1_REPLICAS": f"{replica.url}/copied_p1",
            "DESCANT_PARTITION_2_REPLICAS": f"{replica.url}/copied_p2",
            "DESCANT_DATA": str(tmp_path_factory.mktemp("copied")),
            "DESCANT_HOSTS": "testserver",
            "DJANGO_SETTINGS_MODULE": "descant.site.settings",
            "COPIES": f"{replica.url}/copied",
            "PRIMARY": str(primary.folder),
        }
        plain = {name: value for name, value in os.environ.items() if not name.startswith("DESCANT_")}
        command = [sys.executable, "-m", "tests.stories.copies"]
        done = subprocess.run(
            command, cwd=ROOT, env={**plain, **names}, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        yield json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("what", ["page", "feed", "counts"])
def test_what_is_public_is_read_from_replicas_alone(told: dict[str, Any], what: str) -> None:
    seen = told[what]
    assert seen.pop("status") == 200
    assert set(seen) == {"default_replica_1", "p1_replica_1"}


@pytest.mark.parametrize("what", ["mine", "program"])
def test_what_is_personal_asks_the_primary_only_who_asks_and_what_she_wrote(
    told: dict[str, Any], what: str
) -> None:
    """The account, its role, and a position for each database, kept in the global one by default."""
    seen = told[what]
    assert seen["status"] == 200
    assert "p1" not in seen
    assert seen["p1_replica_1"] > 0
    assert seen["default"] <= 4


def test_a_writer_sees_what_she_wrote_while_others_read_what_was_before(told: dict[str, Any]) -> None:
    assert told["public"] is False
    assert told["own"] is told["programs own"] is True
    assert told["in the end"] is True


def test_a_forum_that_has_just_changed_is_not_read_from_a_replica_that_is_late(told: dict[str, Any]) -> None:
    """Else its pages would be kept as they were, for they are made anew only when it changes again."""
    assert told["changed forum"] == "The Herald, late"


def test_what_is_too_new_for_a_replica_is_no_error(told: dict[str, Any]) -> None:
    assert told["new name"] is True
    assert told["new forum"] == 200


def test_after_a_restart_of_the_servers_the_next_reader_notices_nothing(told: dict[str, Any]) -> None:
    assert told["after all were ended"] == 200


@pytest.mark.parametrize("what", ["page", "feed", "counts"])
def test_while_the_primaries_hang_what_is_public_is_read_on(told: dict[str, Any], what: str) -> None:
    """For as long as that lasts: the looks at replicas do not wait for them."""
    assert set(told["while they hang"][what]) == {200}


@pytest.mark.parametrize("what", ["post", "mine"])
def test_and_who_needs_them_is_told_to_come_back(told: dict[str, Any], what: str) -> None:
    """Pages are read by the threads that are left: of those who write one at a time waits."""
    assert set(map(tuple, told["while they hang"][what])) == {(503, "2")}


def test_and_is_served_when_they_answer_again(told: dict[str, Any]) -> None:
    assert told["after the hang"] == 201


def test_a_public_page_varies_by_no_cookie(told: dict[str, Any]) -> None:
    assert told["vary"] == "Accept-Encoding"


def test_a_forum_of_the_second_partition_is_asked_for_nowhere_else(told: dict[str, Any]) -> None:
    seen = told["second partition"]
    assert seen.pop("status") == 200
    assert set(seen) <= {"default", "default_replica_1", "p2", "p2_replica_1"}
    assert {"p2", "p2_replica_1"} & set(seen)


def test_errors_have_a_database_of_their_own_and_nothing_else_goes_there(told: dict[str, Any]) -> None:
    errors = told["errors"]
    assert errors["explained"].startswith("errors lives in 'errors': HEADROOM['HOMES'] has 'errors'")
    assert "accounts.User, which lives in 'default', was sent to 'errors'" in errors["refused"]
    assert "delayed_event" in errors["tables"], "what is said in a transaction there is heard"
    assert not [name for name in errors["tables"] if name.startswith(("accounts_", "discussion_"))]
    assert errors["heard"] == [7]
