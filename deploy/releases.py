#!/usr/bin/env python3
"""Puts releases of Descant beside each other on a machine, and switches between them without a failed request.

    releases.py put CHECKOUT_OR_WHEEL     install it beside the last ones; nothing that runs is touched
    releases.py switch NAME               a master of that release takes over from the one that serves
    releases.py revert                    back to the release before: no network, no build
    releases.py recycle --over-mb 900     the same release anew, once its memory (or age) is over that
    releases.py start                     after a reboot, or a death: the current one, if none serves
    releases.py stop
    releases.py list

Masters take turns on two ports. The new one begins on the free port; once it answers and HAProxy has seen it, HAProxy
sends it all that comes, in one step; the old one finishes what it is at, and ends. If the new one does not come up,
nothing has changed. It needs Python alone, and the admin socket of `haproxy.cfg`, which lies beside this file.

Nothing here knows Descant but for how it is begun, and for /healthz.
"""

import argparse
import contextlib
import fcntl
import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

KEPT = 5  # releases, of which that which serves and the one before are never removed
READY_SECONDS = 120  # a new master may have databases to bring up to date
FINISH_SECONDS = 5  # for requests that are under way; event streams come back by themselves
END_SECONDS = 20
BACKEND, SERVERS = "descant", ("a", "b")  # as haproxy.cfg names them: one server for each port


class Refused(Exception):
    """It cannot be done; nothing that served before has changed."""


@dataclass(frozen=True)
class Machine:
    """The folder of releases, the two ports, and HAProxy's admin socket."""

    root: Path
    ports: tuple[int, int]
    haproxy: str
    serve: tuple[str, ...] = ()
    """More words for ``descant serve``."""

    def release(self, name: str) -> Path:
        """Raises: Refused: there is no such release."""
        folder = self.root / "releases" / name
        if not (folder / "bin" / "descant").exists():
            raise Refused(f"There is no release {name}; there are: {', '.join(self.releases()) or 'none'}.")
        return folder

    def releases(self) -> list[str]:
        """All, in the order in which they were put."""
        folders = (self.root / "releases").glob("*/bin/descant")
        return [each.parent.parent.name for each in sorted(folders, key=lambda file: file.lstat().st_mtime)]

    def named(self, link: str) -> str:
        """What ``current`` or ``previous`` leads to, or nothing."""
        path = self.root / link
        return Path(os.readlink(path)).name if path.is_symlink() else ""

    def serving(self) -> dict[str, int]:
        """The port and the process of the master that serves, and when it began; nothing if none does."""
        file = self.root / "serving.json"
        found: dict[str, int] = json.loads(file.read_text()) if file.exists() else {}
        return found if found and is_alive(found["pid"]) else {}

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Raises: Refused: somebody else is at it."""
        self.root.mkdir(parents=True, exist_ok=True)
        with open(self.root / "lock", "w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as held:
                raise Refused("Another switch is under way; wait for its end.") from held
            yield


def main(words: list[str] | None = None) -> int:
    options = read(words)
    machine = Machine(
        options.root.resolve(),
        (options.port, options.port + 1),
        options.haproxy,
        tuple(options.serve.split()),
    )
    try:
        with machine.alone():
            options.do(machine, options)
    except (Refused, subprocess.CalledProcessError) as refused:
        print(f"releases.py: {refused}", file=sys.stderr)
        return 2
    return 0


def read(words: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="releases.py", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--root", type=Path, default=Path("/opt/descant"), help="(default: %(default)s)")
    parser.add_argument("--port", type=int, default=8000, help="and the one after it (default: %(default)s)")
    parser.add_argument("--haproxy", default="/run/haproxy/admin.sock", help="(default: %(default)s)")
    parser.add_argument("--serve", default="", help="more words for `descant serve`, such as '--workers 4'")
    verbs = parser.add_subparsers(dest="verb", required=True)
    putting = verbs.add_parser("put", help="install a release beside the others")
    putting.add_argument("source", help="a checkout, or a wheel beside its constraints.txt")
    putting.add_argument("--name", default=datetime.now(UTC).strftime("%Y%m%d-%H%M%S"))
    putting.set_defaults(do=put)
    switching = verbs.add_parser("switch", help="let a release take over")
    switching.add_argument("name")
    switching.set_defaults(do=lambda machine, options: switch(machine, options.name))
    verbs.add_parser("revert", help="back to the release before").set_defaults(do=revert)
    recycling = verbs.add_parser("recycle", help="begin the same release anew, if it has grown or is old")
    recycling.add_argument("--over-mb", type=int, default=0)
    recycling.add_argument("--over-hours", type=float, default=0.0)
    recycling.set_defaults(do=recycle)
    verbs.add_parser("start", help="begin the current release, if none serves").set_defaults(do=start)
    verbs.add_parser("stop", help="end what serves").set_defaults(do=stop)
    verbs.add_parser("list", help="what there is").set_defaults(do=list_releases)
    return parser.parse_args(words)


def put(machine: Machine, options: argparse.Namespace) -> None:
    if (
        not re.fullmatch(r"[\w.+-]{1,60}", options.name)
        or (machine.root / "releases" / options.name).exists()
    ):
        raise Refused(f"{options.name!r} is taken, or no name: letters, digits, dots and dashes.")
    source = Path(options.source).resolve()
    constraints = (source if source.is_dir() else source.parent) / "constraints.txt"
    folder = machine.root / "releases" / options.name
    draft = folder.with_name(f".{options.name}")  # a half-installed one is never listed
    shutil.rmtree(draft, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", str(draft)], check=True)
    pip = [str(draft / "bin" / "python"), "-m", "pip", "install", "--quiet", "--constraint", str(constraints)]
    subprocess.run([*pip, str(source)], check=True)
    # The programs of an environment name its folder, so it is moved by a link and not by its name.
    folder.symlink_to(draft.name)
    for old in machine.releases()[:-KEPT]:
        if old not in (machine.named("current"), machine.named("previous")):
            shutil.rmtree((machine.root / "releases" / old).resolve())
            (machine.root / "releases" / old).unlink(missing_ok=True)
    print(f"Release {options.name} is there; `releases.py switch {options.name}` lets it take over.")


def switch(machine: Machine, name: str) -> None:
    """Let a master of a release take over from the one that serves.

    Raises:
        Refused: there is no such release, or its master does not come up.
    """
    began = time.monotonic()
    folder = machine.release(name)
    before = machine.serving()
    old = machine.ports.index(before["port"]) if before else 1
    new = 1 - old
    master = begin(machine, folder, name, machine.ports[new])
    try:
        take_over(machine, new, old)
    except (Refused, OSError) as failed:
        os.killpg(master.pid, signal.SIGTERM)
        raise Refused(f"{failed} What served before still does.") from failed
    told = {"port": machine.ports[new], "pid": master.pid, "began": int(time.time())}
    (machine.root / "serving.json").write_text(json.dumps(told))
    if machine.named("current") != name:
        point(machine, "previous", machine.named("current"))
        point(machine, "current", name)
    if before:
        wait_for(lambda: sessions(machine, old) == 0, FINISH_SECONDS)
        end(before["pid"])
    print(f"Release {name} serves on port {machine.ports[new]}, after {time.monotonic() - began:.1f} s.")


def revert(machine: Machine, options: argparse.Namespace) -> None:
    if not machine.named("previous"):
        raise Refused("There is no release before this one.")
    switch(machine, machine.named("previous"))


def recycle(machine: Machine, options: argparse.Namespace) -> None:
    """Begin the same release anew if it is asked so without a bound, or a bound is passed."""
    now = machine.serving()
    if not now:
        raise Refused("No release serves: `releases.py switch NAME`.")
    megabytes, hours = memory(now["pid"]) >> 20, (time.time() - now["began"]) / 3600
    told = f"It takes {megabytes} MB and is {hours:.1f} hours old"
    bounds = [(options.over_mb, megabytes, "MB"), (options.over_hours, hours, "hours")]
    passed = [f"{most:g} {of}" for most, taken, of in bounds if most and taken > most]
    if (options.over_mb or options.over_hours) and not passed:
        print(f"{told}: left as it is.")
        return
    print(f"{told}: begun anew, {f'for it is over {passed[0]}' if passed else 'as asked'}.", flush=True)
    switch(machine, machine.named("current"))


def start(machine: Machine, options: argparse.Namespace) -> None:
    if machine.serving():
        return
    if not machine.named("current"):
        raise Refused("There is no current release: `releases.py switch NAME`.")
    switch(machine, machine.named("current"))


def stop(machine: Machine, options: argparse.Namespace) -> None:
    if now := machine.serving():
        end(now["pid"])
    (machine.root / "serving.json").unlink(missing_ok=True)


def list_releases(machine: Machine, options: argparse.Namespace) -> None:
    marks = {machine.named("previous"): "  the one before", machine.named("current"): "  current"}
    for name in machine.releases():
        print(f"{name}{marks.get(name, '')}")
    if now := machine.serving():
        print(f"Port {now['port']}, process {now['pid']}, {memory(now['pid']) >> 20} MB.")


def begin(machine: Machine, folder: Path, name: str, port: int) -> "subprocess.Popen[bytes]":
    """Begin a master by the path of its release, so that the link may move, and wait until it answers.

    Raises:
        Refused: it ends, or does not answer in time.
    """
    command = [
        str(folder.resolve() / "bin" / "descant"),
        "serve",
        "--no-demo",
        "--port",
        str(port),
        *machine.serve,
    ]
    log = machine.root / f"port-{port}.log"
    with open(log, "ab") as written:
        master = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=written,
            stderr=written,
            start_new_session=True,
            env={**os.environ, "DESCANT_RELEASE": name},
        )
    if wait_for(lambda: answers(port) or master.poll() is not None, READY_SECONDS) and master.poll() is None:
        return master
    with contextlib.suppress(ProcessLookupError):
        os.killpg(master.pid, signal.SIGKILL)
    raise Refused(f"The master of {name} did not come up; what served before still does. See {log}.")


def take_over(machine: Machine, new: int, old: int) -> None:
    """Let HAProxy see the new master, and then send it everything, in one step.

    Raises:
        Refused: HAProxy cannot be asked, or does not see it.
    """
    a, b = (f"{BACKEND}/{SERVERS[number]}" for number in (new, old))
    ask_haproxy(machine, f"set server {a} weight 0; set server {a} state ready")
    if not wait_for(lambda: status(machine, new).startswith("UP"), READY_SECONDS):
        raise Refused("HAProxy does not see the new master.")
    ask_haproxy(machine, f"set server {a} weight 100%; set server {b} weight 0")


def ask_haproxy(machine: Machine, command: str) -> str:
    """Raises: Refused: nobody answers there, or the command is not understood."""
    try:
        with contextlib.closing(socket.socket(socket.AF_UNIX)) as link:
            link.settimeout(5)
            link.connect(machine.haproxy)
            link.sendall(f"{command}\n".encode())
            said = b"".join(iter(lambda: link.recv(65_536), b"")).decode()
    except OSError as error:
        raise Refused(f"HAProxy cannot be asked at {machine.haproxy} ({error}): see haproxy.cfg.") from error
    if command.startswith("set ") and said.strip():
        raise Refused(f"HAProxy answers to {command!r}: {said.strip()}")
    return said


def row(machine: Machine, number: int) -> dict[str, str]:
    """What HAProxy's statistics say of one of the two servers."""
    lines = ask_haproxy(machine, "show stat").lstrip("# ").splitlines()
    names = lines[0].split(",")
    for line in lines[1:]:
        found = dict(zip(names, line.split(","), strict=False))
        if (found["pxname"], found["svname"]) == (BACKEND, SERVERS[number]):
            return found
    raise Refused(f"HAProxy knows no server {BACKEND}/{SERVERS[number]}: see haproxy.cfg.")


def status(machine: Machine, number: int) -> str:
    return row(machine, number)["status"]


def sessions(machine: Machine, number: int) -> int:
    return int(row(machine, number)["scur"])


def point(machine: Machine, link: str, name: str) -> None:
    """Move a link in one step; nothing is done without a name."""
    if name:
        draft = machine.root / f".{link}"
        draft.unlink(missing_ok=True)
        draft.symlink_to(Path("releases") / name)
        draft.replace(machine.root / link)


def end(pid: int) -> None:
    """Ask a master to end in order; make it, if it does not."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
        if not wait_for(lambda: not is_alive(pid), END_SECONDS):
            os.killpg(pid, signal.SIGKILL)


def answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    with contextlib.closing(connection), contextlib.suppress(OSError, http.client.HTTPException):
        connection.request("GET", "/healthz", headers={"Host": "localhost"})
        return connection.getresponse().status == 200
    return False


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that has ended and was not asked for its code does not."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def memory(pid: int) -> int:
    """What a master and everything below it takes of memory that it shares with nobody, in bytes."""
    taken = 0
    with contextlib.suppress(OSError):
        said = Path(f"/proc/{pid}/smaps_rollup").read_text()
        taken += 1024 * sum(int(kb) for kb in re.findall(r"^Private_\w+: +(\d+) kB", said, re.MULTILINE))
        for task in Path(f"/proc/{pid}/task").iterdir():
            taken += sum(memory(int(child)) for child in (task / "children").read_text().split())
    return taken


def wait_for(true: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


if __name__ == "__main__":
    sys.exit(main())
