"""A machine on which releases take over from each other, with HAProxy before it, and people who read and write."""

import contextlib
import http.client
import json
import os
import signal
import subprocess
import sys
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

from tests.servers import free_port
from tests.stories.reading.caches import DEPLOY, haproxy, wait_until
from tests.stories.serving import descant

PAGE = "/embed/comments/?f=gazette&t_i=bread&t_u=https%3A%2F%2Fgazette.example%2Fbread"
LEAST = 15  # requests of each kind that must have been answered before a release takes over, and after


@dataclass
class Machine:
    """A folder of releases, HAProxy before two ports, and people who read and write without a pause."""

    root: Path
    first_port: int
    door: int
    environment: Mapping[str, str]
    key: str
    writers: int = 1
    """Under so many names comments are written, in turn."""
    faults: list[str] = field(default_factory=list)
    read: int = 0
    written: list[str] = field(default_factory=list)
    leaving: threading.Event = field(default_factory=threading.Event)

    def release(self, *words: str) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, str(DEPLOY / "releases.py"), "--root", str(self.root)]
        command += ["--port", str(self.first_port), "--haproxy", str(self.root.parent / "admin.sock")]
        return subprocess.run(
            [*command, *words],
            env=dict(self.environment),
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )

    def put(self, name: str, program: str) -> None:
        """A release as `put` leaves it; its program is the one under test, or a broken one."""
        script = self.root / "releases" / name / "bin" / "descant"
        script.parent.mkdir(parents=True)
        script.write_text(f"#!/bin/sh\n{program}\n")
        script.chmod(0o755)

    def now(self) -> dict[str, int]:
        found: dict[str, int] = json.loads((self.root / "serving.json").read_text())
        return found

    def serving(self) -> str:
        """The release of the master that serves, as its process was told."""
        told = Path(f"/proc/{self.now()['pid']}/environ").read_bytes().split(b"\0")
        (name,) = (
            each.removeprefix(b"DESCANT_RELEASE=") for each in told if each.startswith(b"DESCANT_RELEASE=")
        )
        return name.decode()

    def ask(self, method: str, path: str, body: str = "") -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.door, timeout=60)
        with contextlib.closing(connection):
            kind = {"Content-Type": "application/x-www-form-urlencoded"} if body else {}
            connection.request(method, path, body or None, kind)
            answer = connection.getresponse()
            return answer.status, answer.read()

    def read_on(self) -> None:
        while not self.leaving.is_set():
            self.note(*self.ask("GET", f"{PAGE}&order=oldest"))
            self.read += 1

    def write_on(self) -> None:
        while not self.leaving.is_set():
            said, name = f"said {uuid.uuid4().hex}", name_of(len(self.written) % self.writers)
            asked = {"api_key": self.key, "thread:ident": "bread", "message": said, "author_name": name}
            if self.note(*self.ask("POST", "/api/3.0/posts/create.json", urlencode(asked))):
                self.written.append(said)

    def note(self, status: int, answer: bytes) -> bool:
        if status != 200:
            self.faults.append(f"{status}: {answer[:200]!r}")
        return status == 200

    def wait_for_more(self) -> None:
        read, written = self.read + LEAST, len(self.written) + LEAST
        wait_until(lambda: self.faults or (self.read >= read and len(self.written) >= written))

    @contextlib.contextmanager
    def people(self) -> Iterator[None]:
        def kept(going: Callable[[], None]) -> None:
            try:
                going()
            except (OSError, http.client.HTTPException) as fault:
                self.faults.append(repr(fault))

        at_it = [
            threading.Thread(target=kept, args=(going,))
            for going in (self.read_on, self.read_on, self.write_on)
        ]
        for each in at_it:
            each.start()
        try:
            yield
        finally:
            self.leaving.set()
            for each in at_it:
                each.join(timeout=90)


@contextlib.contextmanager
def machine_of_releases(
    folder: Path, environment: Mapping[str, str], key: str, writers: int = 1
) -> Iterator[Machine]:
    """One with two releases, of which none serves yet; both are the program under test.

    Args:
        environment: of a site that has a forum ``gazette``.
        key: a public key to it.
        writers: under so many names comments are written.
    """
    first_port = free_port(in_a_row=2)
    with haproxy(folder, first_port, first_port + 1) as door:
        found = Machine(folder / "opt", first_port, door, environment, key, writers)
        for name in ("one", "two"):
            found.put(name, f'exec "{sys.executable}" -m descant "$@" --workers 1')
        try:
            yield found
        finally:
            end_all(found)


def end_all(machine: Machine) -> None:
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        pid = machine.now()["pid"]
        os.kill(pid, signal.SIGTERM)
        wait_until(lambda: not is_running(pid))


def name_of(writer: int) -> str:
    return f"Gus {writer}"


def all_comments(machine: Machine) -> set[str]:
    program = "from descant.discussion.models import Comment\nfrom descant.forums.models import Forum\n"
    program += "forum = Forum.objects.get(name='gazette')\n"
    program += "print(*Comment.objects.of(forum).values_list('text', flat=True), sep='\\n')"
    return set(
        descant("manage", "shell", "-v", "0", "-c", program, environment=machine.environment).splitlines()
    )


def is_running(pid: int) -> bool:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False
