"""What each peer is to the benchmark: it is installed, served, posted to, and read as its own widget reads."""

import contextlib
import http.client
import os
import subprocess
import sys
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.rig.reading.asking import Asker
from bench.rig.reading.proxy import wait_until_taken
from bench.rig.reading.threads import comments_of

ENOUGH_SECONDS = 600.0  # for an installation
LINES_TOLD = 3


class NotHad(Exception):
    """A peer that cannot be installed or does not start here."""


@dataclass(frozen=True)
class Running:
    """A peer that is served: at which port, and by which process and its descendants."""

    port: int
    pid: int


class Peer(ABC):
    """One peer. ``name`` stands in the names of figures."""

    name: str
    packages: Sequence[str]

    def install(self, cache: Path) -> None:
        """Have its packages in ``cache/NAME``; done already if the same ones are there.

        Raises:
            NotHad
        """
        self.home = cache / self.name
        mark, wanted = self.home / "installed", "\n".join(self.packages)
        if mark.exists() and mark.read_text() == wanted:
            return
        self.home.mkdir(parents=True, exist_ok=True)
        for line in self.installing():
            run(line, self.home)
        mark.write_text(wanted)

    @abstractmethod
    def installing(self) -> Iterator[list[str]]:
        """The commands, run in its home."""

    @abstractmethod
    def serving(self, folder: Path, nothing: int) -> contextlib.AbstractContextManager[Running]:
        """Serve it, with its database in a folder; ``nothing`` is a port that answers an empty list of services."""

    @abstractmethod
    def post(self, asker: Asker, thread: int, text: str, parent: int) -> int:
        """Post a comment by its own API, and give its id; ``parent`` is one's id, or 0."""

    @abstractmethod
    def read_path(self, thread: int) -> str:
        """What its widget asks for first."""

    @abstractmethod
    def widget_files(self) -> Iterator[Path]:
        """What a page loads of it, without the comments."""

    def seed(self, running: Running, thread: int, comments: int) -> None:
        """Post the comments of a thread, each over a connection of its own; read them to see that they are there.

        Raises:
            NotHad
        """
        keys: list[int] = []
        try:
            for text, answered in comments_of(thread, comments):
                parent = 0 if answered is None else keys[answered]
                keys.append(self.post(Asker(running.port), thread, text, parent))
            page = Asker(running.port).get(self.read_path(thread))
        except (OSError, RuntimeError, http.client.HTTPException) as error:
            raise NotHad(f"{self.name} did not take what was posted to it: {error}") from error
        if f"mark{thread}mark" not in page.decode():
            raise NotHad(f"{self.name} does not show what was posted to it")

    def _venv(self) -> Iterator[list[str]]:
        yield [sys.executable, "-m", "venv", "."]
        yield ["bin/pip", "install", "--quiet", *self.packages]

    def _site_packages(self) -> Path:
        return next(self.home.glob("lib/python*/site-packages"))


def run(line: Sequence[str], folder: Path, environment: Mapping[str, str] | None = None) -> None:
    """A command that must succeed for a peer to be had."""
    told = {**os.environ, **(environment or {})}
    program = [str(folder / line[0]) if line[0].startswith("bin/") else line[0], *line[1:]]
    try:
        done = subprocess.run(
            program, cwd=folder, env=told, check=False, capture_output=True, text=True, timeout=ENOUGH_SECONDS
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotHad(f"{' '.join(line)}: {error}") from error
    if done.returncode:
        last = (done.stderr or done.stdout).strip().splitlines()[-LINES_TOLD:]
        raise NotHad(f"{' '.join(line)}: {' / '.join(last)}")


@contextlib.contextmanager
def served(line: Sequence[str], port: int, folder: Path, environment: Mapping[str, str]) -> Iterator[Running]:
    """A server of a peer, in the foreground, until the block ends."""
    with open(folder / "log", "wb") as log:
        process = subprocess.Popen(
            line, cwd=folder, env={**os.environ, **environment}, stdout=log, stderr=log
        )
        try:
            try:
                wait_until_taken(port, process)
            except RuntimeError as error:
                raise NotHad(f"{error}: {(folder / 'log').read_text(errors='replace')[-500:]}") from error
            yield Running(port, process.pid)
        finally:
            process.terminate()
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
