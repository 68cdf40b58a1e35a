"""The local settings file: read last, it may name the databases; broken it stops, missing it is silent."""

import os
import subprocess
import sys
from pathlib import Path

SHOWING = """
from django.conf import settings
databases = settings.DATABASES
print(settings.DESCANT_TEXT_MAX, databases["default"]["ENGINE"], sorted(settings.HEADROOM["SLOTS"]))
print(databases["p2_replica_1"]["NAME"] if "p2_replica_1" in databases else "-")
print(settings.HEADROOM["HOMES"]["errors"], databases.get("errors", {}).get("NAME", "-"))
"""


def shown(folder: Path, **told: str) -> "subprocess.CompletedProcess[str]":
    plain = {name: value for name, value in os.environ.items() if not name.startswith("DESCANT_")}
    environment = {
        **plain,
        "DESCANT_DATA": str(folder),
        "DJANGO_SETTINGS_MODULE": "descant.site.settings",
        **told,
    }
    command = [sys.executable, "-c", SHOWING]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_a_missing_file_is_silent(tmp_path: Path) -> None:
    said = shown(tmp_path)
    assert said.stdout.splitlines() == [
        "10000 django_headroom.connections.queued_sqlite ['p1']",
        "-",
        f"errors {tmp_path / 'errors.sqlite3'}",
    ]
    assert said.stderr == ""


def test_the_file_names_the_databases_and_changes_what_it_likes(tmp_path: Path) -> None:
    (tmp_path / "settings.py").write_text(
        "DESCANT_TEXT_MAX = 500\n"
        'DESCANT_DATABASE = "postgresql://ann@db.example/descant"\n'
        'DESCANT_PARTITION_1 = "postgresql://ann@db.example/p1"\n'
        'DESCANT_PARTITION_2 = "postgresql://ann@db.example/p2"\n'
        'DESCANT_PARTITION_2_REPLICAS = "postgresql://ann@copy.example/copy"\n'
    )
    assert shown(tmp_path).stdout.splitlines()[:2] == [
        "500 django_headroom.connections.postgresql ['p1', 'p2']",
        "copy",
    ]


def test_errors_get_a_database_of_their_own_by_file_or_environment(tmp_path: Path) -> None:
    (tmp_path / "settings.py").write_text('DESCANT_ERRORS_DATABASE = "postgresql://ann@db.example/wrong"\n')
    assert shown(tmp_path).stdout.splitlines()[2] == "errors wrong"
    apart = shown(tmp_path, DESCANT_ERRORS_DATABASE="sqlite").stdout.splitlines()
    assert apart[0] == "10000 django_headroom.connections.queued_sqlite ['p1']"
    assert apart[2] == f"errors {tmp_path / 'errors.sqlite3'}"


def test_errors_live_with_the_rest_where_it_is_said_and_on_servers(tmp_path: Path) -> None:
    assert shown(tmp_path, DESCANT_ERRORS_DATABASE="global").stdout.splitlines()[2] == "default -"
    urls = {"DESCANT_DATABASE": "postgresql://db/all", "DESCANT_PARTITION_1": "postgresql://db/p1"}
    assert shown(tmp_path, **urls).stdout.splitlines()[2] == "default -"


def test_a_file_of_errors_has_no_pooler(tmp_path: Path) -> None:
    urls = {"DESCANT_DATABASE": "postgresql://db/all", "DESCANT_PARTITION_1": "postgresql://db/p1"}
    told = {**urls, "DESCANT_ERRORS_DATABASE": "sqlite", "DESCANT_POOLED": "1"}
    (tmp_path / "settings.py").write_text("import sys\nprint(sorted(HEADROOM['POOLED']))\n")
    assert shown(tmp_path, **told).stdout.splitlines()[0] == "['default', 'p1']"


def test_what_requests_cost_lies_apart_from_what_readers_wait_for_on_files(tmp_path: Path) -> None:
    (tmp_path / "settings.py").write_text("print(DATABASES.keys() - {'default', 'p1'})\n")
    urls = {"DESCANT_DATABASE": "postgresql://db/all", "DESCANT_PARTITION_1": "postgresql://db/p1"}
    asked: list[tuple[dict[str, str], str]] = [
        ({"DESCANT_ERRORS_DATABASE": "global"}, "{'performance'}"),
        ({"DESCANT_PARTITIONS": "0"}, "set()"),
        ({"DESCANT_PERFORMANCE_DATABASE": "global"}, "{'errors'}"),
        (urls, "set()"),
        ({**urls, "DESCANT_PERFORMANCE_DATABASE": "postgresql://db/costs"}, "{'performance'}"),
    ]
    for told, apart in asked:
        assert shown(tmp_path, **told).stdout.splitlines()[0] == apart


def test_the_environment_has_the_last_word_on_databases(tmp_path: Path) -> None:
    (tmp_path / "settings.py").write_text("DESCANT_PARTITIONS = '3'\n")
    assert "['p1', 'p2', 'p3']" in shown(tmp_path).stdout
    assert "['p1', 'p2']" in shown(tmp_path, DESCANT_PARTITIONS="2").stdout


def test_a_broken_file_stops_with_its_own_traceback(tmp_path: Path) -> None:
    (tmp_path / "settings.py").write_text("\n\nraise RuntimeError('broken here')\n")
    said = shown(tmp_path)
    assert said.returncode != 0
    assert 'settings.py", line 3' in said.stderr
    assert "broken here" in said.stderr


def test_half_of_the_databases_named_is_refused_with_the_cure(tmp_path: Path) -> None:
    said = shown(tmp_path, DESCANT_PARTITION_1="postgresql://ann@db.example/p1")
    assert "set DESCANT_DATABASE for the global one" in said.stderr
