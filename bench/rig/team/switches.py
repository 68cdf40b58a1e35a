"""How long a turn of a switch takes to reach fifty processes, and what it costs to ask for one.

The processes are of the site itself, on PostgreSQL and on SQLite; each asks every five milliseconds, and all read one
clock. A delay is that of one turn in one process: p50, p99 and the longest are of all turns in all processes. A turn
that a process has not heard within the pause is counted as unheard.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.rig.reading.rounds import Book
from bench.rig.sites import Site, site_on

PROCESSES, TURNS = 50, 20
PAUSE = 1.5  # seconds between two turns, in which all have heard
PATIENCE = 180.0
QUESTIONS, ROUNDS = 100_000, 7
NAMES = {"postgresql": "team.flip", "sqlite": "team.flip_sqlite"}

ASKERS = """
import os, sys, time, django
django.setup()
from django_headroom.operations.switches.listening import watch
from descant.switches import is_on

def ask(number):
    watch()
    os.write(1, b"ready\\n")  # whole, whoever else writes
    was = is_on("votes")
    until = time.monotonic() + 600
    while time.monotonic() < until and os.getppid() == parent:
        now = is_on("votes")
        if now is not was:
            was = now
            os.write(1, f"{number} {int(now)} {time.monotonic()}\\n".encode())
        time.sleep(0.005)

parent = os.getpid()
children = []
for number in range(int(sys.argv[1])):
    child = os.fork()
    if child == 0:
        ask(number)
        os._exit(0)
    children.append(child)
sys.stdin.read()
for child in children:
    os.kill(child, 15)
    os.waitpid(child, 0)
"""
TURNER = """
import sys, time, django
django.setup()
from django_headroom.operations.switches import OFF, ON
from django_headroom.operations.switches.turning import turn
import descant.switches
for number in range(int(sys.argv[1])):
    began = time.monotonic()
    turn("votes", ON if number % 2 else OFF, by="bench", why="to see how fast it is")
    print(began, flush=True)
    time.sleep(float(sys.argv[2]))
"""
QUESTION = """
import json, sys, time, django
django.setup()
from django_headroom.operations.switches import Actor, ON, Rule, knowing
from descant.switches import is_on
rules = {
    "all": ON,
    "percent": Rule(percent=50),
    "named": Rule(percent=50, always={"forum": frozenset(map(str, range(100)))}, never={"actor": frozenset({"u1"})}),
}
count, found, actor = int(sys.argv[1]), {}, Actor("u42")
for version, (name, rule) in enumerate(rules.items(), start=1):
    knowing.learn([knowing.Turned(version, "votes", rule)])
    runs = []
    for _ in range(int(sys.argv[2])):
        began = time.process_time()
        for _ in range(count):
            is_on("votes", actor=actor, forum="gazette")
        runs.append((time.process_time() - began) / count * 1e6)
    found[name] = sorted(runs)[len(runs) // 2]
print(json.dumps(found))
"""


def measure(book: Book) -> None:
    for database, name in NAMES.items():
        with (
            tempfile.TemporaryDirectory(prefix="descant-bench-") as folder,
            site_on(database, Path(folder)) as site,
        ):
            if database == "postgresql":
                _time_questions(book, site)
            delays = _delays(site)
        book.note(f"{name}_p50_ms", delays[len(delays) // 2])
        book.note(f"{name}_p99_ms", delays[int(len(delays) * 0.99)])
        book.note(f"{name}_longest_ms", delays[-1])
        book.note(f"{name}_unheard", PROCESSES * TURNS - len(delays))


def _time_questions(book: Book, site: Site) -> None:
    found = json.loads(_run(site, QUESTION, QUESTIONS, ROUNDS))
    book.note("team.is_on_us", max(found.values()))
    for name, microseconds in found.items():
        book.note(f"team.is_on_{name}_us", microseconds)


def _delays(site: Site) -> list[float]:
    """Milliseconds from the begin of each turn until each process answers as it says, sorted."""
    askers = _begin(site, ASKERS, PROCESSES)
    assert askers.stdin is not None
    assert askers.stdout is not None
    for _ in range(PROCESSES):
        assert askers.stdout.readline() == "ready\n"
    turns = [json.loads(line) for line in _run(site, TURNER, TURNS, PAUSE).splitlines()]
    time.sleep(PAUSE)
    said, _ = askers.communicate(timeout=PATIENCE)  # which closes its input, and ends it
    heard = [line.split() for line in said.splitlines()]
    delays = []
    for number, began in enumerate(turns):
        of_turn: dict[str, float] = {}
        for asker, word, at in heard:
            if began <= float(at) < began + PAUSE and int(word) == number % 2:
                of_turn.setdefault(asker, (float(at) - began) * 1_000)
        delays += of_turn.values()
    return sorted(delays)


def _run(site: Site, program: str, *words: object) -> str:
    said, _ = _begin(site, program, *words).communicate(timeout=PATIENCE)
    return said


def _begin(site: Site, program: str, *words: object) -> "subprocess.Popen[str]":
    environment = {**os.environ, **site.environment, "DJANGO_SETTINGS_MODULE": "descant.site.settings"}
    line = [sys.executable, "-c", program, *map(str, words)]
    return subprocess.Popen(line, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
