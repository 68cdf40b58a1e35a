"""A release takes over from another, and back, while people read and write: no request fails, and nothing is lost."""

import fcntl
import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.stories.reading.caches import wait_until
from tests.stories.serving import descant, environment_of_a_site
from tests.stories.upgrading.machines import PAGE, Machine, all_comments, is_running, machine_of_releases


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    tmp_path.chmod(0o755)
    environment = environment_of_a_site(tmp_path / "data", "releases")
    descant("upgrade", environment=environment)
    descant("forum", "open", "gazette", "--domain", "gazette.example", environment=environment)
    keys = json.loads(descant("apikey", "create", "gazette", "--json", environment=environment))
    with machine_of_releases(tmp_path, environment, keys["public_key"]) as found:
        yield found


def test_releases_take_over_from_each_other_and_no_request_fails(machine: Machine) -> None:
    assert machine.release("switch", "one").returncode == 0
    with machine.people():
        masters = set()
        for words, release, why in (
            (["switch", "two"], "two", ""),
            (["revert"], "one", ""),
            (["recycle", "--over-hours", "0.000001"], "one", "begun anew, for it is over 1e-06 hours."),
            (["recycle", "--over-mb", "1"], "one", "begun anew, for it is over 1 MB."),
        ):
            machine.wait_for_more()
            masters.add(machine.now()["pid"])
            done = machine.release(*words)
            assert done.returncode == 0, (done.stderr, machine.faults)
            assert machine.serving() == release
            assert why in done.stdout
        machine.wait_for_more()
    assert machine.faults == []
    assert len(masters) == 4, "each of them is another process"
    assert not [pid for pid in masters if is_running(pid)], "and has ended"
    kept = all_comments(machine)
    assert [said for said in machine.written if said not in kept] == []


def test_a_release_that_does_not_come_up_changes_nothing(machine: Machine) -> None:
    machine.put("broken", "echo no such table; exit 1")
    assert machine.release("switch", "one").returncode == 0
    before = machine.now()
    done = machine.release("switch", "broken")
    assert done.returncode == 2
    assert "did not come up; what served before still does" in done.stderr
    assert machine.now() == before
    assert machine.ask("GET", PAGE)[0] == 200
    assert machine.release("list").stdout.splitlines()[0].endswith("current")


def test_what_has_died_is_begun_again_and_what_is_stopped_ends(machine: Machine) -> None:
    assert "There is no current release" in machine.release("start").stderr
    assert machine.release("switch", "one").returncode == 0
    first = machine.now()
    assert machine.release("start").returncode == 0
    assert machine.now() == first, "it serves already"
    os.killpg(first["pid"], signal.SIGKILL)
    wait_until(lambda: not is_running(first["pid"]))
    assert machine.release("start").returncode == 0
    assert machine.ask("GET", PAGE)[0] == 200
    second = machine.now()["pid"]
    assert machine.release("stop").returncode == 0
    assert not is_running(second)


def test_what_is_not_over_its_bounds_is_left_and_what_is_not_there_is_refused(machine: Machine) -> None:
    assert "No release serves" in machine.release("recycle").stderr
    assert machine.release("switch", "one").returncode == 0
    assert "left as it is" in machine.release("recycle", "--over-mb", "100000", "--over-hours", "9").stdout
    assert "There is no release three; there are: one, two." in machine.release("switch", "three").stderr
    assert "There is no release before this one." in machine.release("revert").stderr


def test_two_never_take_over_at_once(machine: Machine) -> None:
    assert machine.release("switch", "one").returncode == 0
    before = machine.now()
    with open(machine.root / "lock", "w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        for words in (["recycle"], ["switch", "two"], ["revert"]):
            assert "Another switch is under way" in machine.release(*words).stderr
    assert machine.now() == before
