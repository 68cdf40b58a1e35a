"""An import in processes of its own: killed without warning, and run twice at once."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.descant.exchange.files import disqus, post, thread
from tests.servers import create_database

ROOT = Path(__file__).resolve().parents[3]
POSTS = range(100, 1100)
PARENTS = {n: n - 20 * (n % 3) for n in POSTS if n % 3}
ROWS = len(POSTS) + len(set(PARENTS.values()) - set(POSTS))  # with the marks of parents that the file lacks

# Arguments: what to do, the forum, the file.
PROGRAM = """
import json, sys, django
django.setup()
from pathlib import Path
from django.core.management import call_command
from django.db import connections
from descant.discussion.models import Comment, Thread, ThreadAddress
from descant.exchange.arriving import comments, threads
from descant.exchange.importing import run_import
from descant.forums.directory import forum_named
from descant.forums.opening import open_forum

class Told:
    def begin(self, stage, total): print(stage, flush=True)
    def reach(self, done): print(done, flush=True)
    def end(self): pass

act, name, path = sys.argv[1:]
if act == "prepare":
    for alias in connections:
        call_command("migrate", database=alias, verbosity=0)
    for forum in ("gazette", "herald", "tribune"):
        open_forum(name=forum, domains=[f"{forum}.example"], partition="p1")
elif act == "import":
    comments.CHUNK, threads.CHUNK = 40, 7
    report = run_import(format="disqus", path=Path(path), forum=forum_named(name), progress=Told())
    print(json.dumps([report.adds_up(), report.rows_written()]))
else:
    forum = forum_named(name)
    rows = Comment.objects.of(forum).order_by("source_id")
    columns = ("source_id", "state", "level", "replies", "drawn", "parent__source_id", "thread__source_id")
    shown = Thread.objects.of(forum).order_by("source_id").values_list("source_id", "comments_shown")
    print(json.dumps([list(rows.values_list(*columns)), list(shown), ThreadAddress.objects.of(forum).count()]))
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a service with empty databases of its own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DESCANT_")}
    folder = tmp_path_factory.mktemp("service")
    place = {
        **kept,
        "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), *filter(None, [kept.get("PYTHONPATH")])]),
    }
    place |= {"DESCANT_DATA": str(folder), "DESCANT_PARTITIONS": "2"}
    place.setdefault("DJANGO_SETTINGS_MODULE", "descant.site.settings")
    server = os.environ.get("DESCANT_TEST_POSTGRESQL")
    if server:
        for name, alias in (("DATABASE", "g"), ("PARTITION_1", "p1"), ("PARTITION_2", "p2")):
            place[f"DESCANT_{name}"] = create_database(server, f"import_{alias}")
    run(place, "prepare")
    return place


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    threads = [thread(str(n), id=f"page-{n}") for n in range(1, 21)]
    posts = [
        post(
            str(n),
            str(n % 20 + 1),
            parent=str(PARENTS[n]) if n in PARENTS else None,
            isSpam=str(n % 7 == 0).lower(),
        )
        for n in POSTS
    ]
    path = tmp_path_factory.mktemp("export") / "export.xml"
    path.write_text(disqus(*threads, *posts))
    return path


def start(place: dict[str, str], act: str, forum: str = "-", path: Path = Path("-")) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", PROGRAM, act, forum, str(path)]
    return subprocess.Popen(command, env=place, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def run(place: dict[str, str], act: str, forum: str = "-", path: Path = Path("-")) -> str:
    return ended(start(place, act, forum, path))


def ended(process: subprocess.Popen[str]) -> str:
    out, errors = process.communicate(timeout=240)
    assert process.returncode == 0, errors
    return out.splitlines()[-1] if out else ""


def kill_after(process: subprocess.Popen[str], stage: str, steps: int) -> None:
    """Reads what the import tells until it is so far, and kills it."""
    assert process.stdout is not None
    lines = iter(process.stdout.readline, "")
    for line in lines:
        if line.strip() == stage:
            break
    for _ in range(steps):
        next(lines, "")
    process.send_signal(signal.SIGKILL)
    process.communicate()


def test_an_import_killed_at_any_point_resumes_to_exact_counts(place: dict[str, str], export: Path) -> None:
    assert json.loads(run(place, "import", "tribune", export))[0]
    whole = json.loads(run(place, "told", "tribune"))
    assert len(whole[0]) == ROWS
    for stage, steps in (("reading", 0), ("threads", 1), ("comments", 0), ("comments", 9), ("comments", 23)):
        kill_after(start(place, "import", "gazette", export), stage, steps)
    told = json.loads(run(place, "told", "gazette"))
    assert 0 < len(told[0]) < len(whole[0])
    assert json.loads(run(place, "import", "gazette", export))[0]
    assert json.loads(run(place, "told", "gazette")) == whole
    assert json.loads(run(place, "import", "gazette", export)) == [True, 0]


def test_two_imports_of_one_file_at_once_bring_everything_once(place: dict[str, str], export: Path) -> None:
    both = [start(place, "import", "herald", export) for _ in range(2)]
    assert all(json.loads(ended(process))[0] for process in both)
    told = json.loads(run(place, "told", "herald"))
    assert len(told[0]) == len({row[0] for row in told[0]}) == ROWS
    assert json.loads(run(place, "import", "herald", export)) == [True, 0]
