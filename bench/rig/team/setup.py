"""How long it takes from nothing to a seeded site that answers: a clean clone, and `make run`.

Cold is with nothing at hand: every package comes from the network. Warm is a clean clone too, with what pip keeps of
the last time. Again is in a clone that has its environment, with a new data folder.
"""

import contextlib
import http.client
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

from bench.rig.reading.rounds import Book
from tests.servers import free_port

ROOT = Path(__file__).resolve().parents[3]
ROUNDS = 2  # of what is not cold
LONGEST = 900.0  # seconds


class NotUp(Exception):
    """The site did not answer."""


def measure(book: Book) -> None:
    """From `git clone` to an article of the demo, and the discussion below it."""
    with tempfile.TemporaryDirectory(prefix="descant-bench-") as named:
        folder = Path(named)
        book.note("team.setup_cold_s", _from_a_clone(folder, "cold"))
        warm = [_from_a_clone(folder, f"warm-{number}") for number in range(ROUNDS)]
        book.note_runs("team.setup_warm_s", warm)
        again = [_until_it_answers(folder, "cold", f"again-{number}") for number in range(ROUNDS)]
        book.note_runs("team.setup_again_s", again)


def _from_a_clone(folder: Path, name: str) -> float:
    began = time.monotonic()
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(folder / name)], check=True)
    return time.monotonic() - began + _until_it_answers(folder, name, "data")


def _until_it_answers(folder: Path, clone: str, data: str) -> float:
    port = free_port(in_a_row=2)
    began = time.monotonic()
    with _made_to_run(folder, folder / clone, port, folder / clone / data) as running:
        while not _is_up(port):
            if running.poll() is not None or time.monotonic() - began > LONGEST:
                raise NotUp((folder / f"{clone}.log").read_text()[-2_000:])
            time.sleep(0.1)
        return time.monotonic() - began


@contextlib.contextmanager
def _made_to_run(folder: Path, clone: Path, port: int, data: Path) -> Iterator["subprocess.Popen[bytes]"]:
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("DESCANT_", "MAKE"))}
    plain.pop("VIRTUAL_ENV", None)
    environment = {**plain, "PIP_CACHE_DIR": str(folder / "pip")}
    command = ["make", "-C", str(clone), "run", f"PORT={port}", f"DATA={data}"]
    with open(folder / f"{clone.name}.log", "ab") as log:
        running = subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True)
        try:
            yield running
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(running.pid, signal.SIGTERM)
            running.wait(timeout=60)


def _is_up(port: int) -> bool:
    """Whether an article of the demo answers, and the discussion below it has comments."""
    article = f"http://127.0.0.1:{port + 1}/harbours"
    thread = urlencode({"f": "gazette", "t_u": article})
    return bool(_got(port + 1, "/harbours")) and b'data-id="' in _got(port, f"/embed/comments/?{thread}")


def _got(port: int, path: str) -> bytes:
    connection = http.client.HTTPConnection("localhost", port, timeout=10)
    with contextlib.closing(connection), contextlib.suppress(OSError, http.client.HTTPException):
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.read() if answer.status == 200 else b""
    return b""
