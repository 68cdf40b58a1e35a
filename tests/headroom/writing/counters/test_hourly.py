"""The numbers of an hour are exact over processes, begin anew with the next, and have room for so many subjects."""

import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.test import override_settings

from django_headroom.counters import hourly
from django_headroom.counters.hourly import HOUR, Hours, hours, seconds_left

NOON = 496_056.0 * HOUR
COUNTER = """
import sys
from pathlib import Path
from django.conf import settings
settings.configure(SECRET_KEY=sys.argv[2])
from django_headroom.counters.hourly import Hours
table = Hours(Path(sys.argv[1]))
print("ready", flush=True)
sys.stdin.read()
print(*[table.count("bread", float(sys.argv[3])) for _ in range(2_000)])
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "hours"


def test_each_subject_is_counted_by_itself_and_anew_with_the_hour() -> None:
    table = Hours(None)
    assert [table.count("bread", NOON + late) for late in (0, 1, HOUR - 1)] == [1, 2, 3]
    assert table.count("ham", NOON) == 1
    assert table.count("bread", NOON + HOUR) == 1
    assert (seconds_left(NOON), seconds_left(NOON + HOUR - 1)) == (HOUR, 1)


def test_processes_that_count_at_once_miss_nothing(path: Path) -> None:
    said = [sys.executable, "-c", COUNTER, str(path), settings.SECRET_KEY, str(NOON)]
    begun = [
        subprocess.Popen(said, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(3)
    ]
    for process in begun:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in begun:
        assert process.stdin is not None
        process.stdin.close()
    told = [
        int(number)
        for process in begun
        for number in (process.stdout.read() if process.stdout else "").split()
    ]
    assert [process.wait(60) for process in begun] == [0, 0, 0]
    assert sorted(told) == list(range(1, 6_001))
    assert Hours(path).count("bread", NOON) == 6_001  # who comes later, as after a restart, goes on


def test_where_there_is_no_more_room_who_was_seen_least_makes_some(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hourly, "CELLS", hourly.NEAR)
    table = Hours(None)
    for number in range(hourly.NEAR):
        for _ in range(number + 2):
            table.count(f"subject {number}", NOON)
    assert table.count("one more", NOON) == 1
    assert [table.count(f"subject {number}", NOON) for number in (1, 7)] == [4, 10]
    assert table.count("subject 0", NOON) == 1
    assert table.count("subject 7", NOON + HOUR) == 1


def test_no_subject_stands_in_the_file(path: Path) -> None:
    Hours(path).count("address/192.0.2.7", NOON)
    held = path.read_bytes()
    assert b"192.0.2.7" not in held
    with override_settings(SECRET_KEY="another"):
        Hours(path).count("address/192.0.2.7", NOON)
    assert path.read_bytes() != held  # by another key another digest


def test_where_no_file_can_be_used_the_process_counts_alone(tmp_path: Path) -> None:
    (tmp_path / "hours").mkdir()
    with override_settings(HEADROOM={**settings.HEADROOM, "COUNTERS_FOLDER": str(tmp_path)}):
        assert hours().count("bread") == 1
    with override_settings(HEADROOM={**settings.HEADROOM, "COUNTERS_FOLDER": ""}):
        assert hours().count("bread") == 1
