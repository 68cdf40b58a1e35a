"""A real site with a real cache before it, HAProxy or Varnish, as `deploy/` sets them up."""

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from http.client import HTTPResponse
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.servers import free_port
from tests.stories.serving import descant, environment_of_a_site, serving

ADMIN_SOCKET = "/run/haproxy/admin.sock"
DEPLOY = Path(__file__).resolve().parents[3] / "deploy"


@dataclass
class Before:
    """A cache, and the site behind it."""

    port: int
    site: "Site"

    def get(self, thread: str, **headers: str) -> tuple[HTTPResponse, bytes]:
        return self.ask("GET", self.path(thread), **headers)

    def path(self, thread: str) -> str:
        asked = {"f": "gazette", "t_i": thread, "t_u": f"https://gazette.example/{thread}"}
        return f"/embed/comments/?{urlencode(asked)}"

    def post(self, thread: str, message: str) -> str:
        body = {
            "api_key": self.site.key,
            "thread:ident": thread,
            "message": message,
            "author_name": "Gus",
        }
        _, answer = self.ask("POST", "/api/3.0/posts/create.json", urlencode(body))
        return str(json.loads(answer)["response"]["id"])

    def ask(self, method: str, path: str, body: str = "", **headers: str) -> tuple[HTTPResponse, bytes]:
        connection = http.client.HTTPConnection("localhost", self.port, timeout=20)
        with contextlib.closing(connection):
            if body:
                headers["Content-Type"] = "application/x-www-form-urlencoded"
            sent = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, body or None, sent)
            response = connection.getresponse()
            return response, response.read()

    def shows(self, thread: str, message: str) -> bool:
        return message in self.get(thread)[1].decode()


@dataclass
class Site:
    """A running site with a forum, and a key to it."""

    port: int
    key: str
    environment: Mapping[str, str]
    process: "subprocess.Popen[bytes]"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    tmp_path.chmod(0o755)
    return tmp_path


@contextlib.contextmanager
def running_site(folder: Path, name: str, **told: str) -> Iterator[Site]:
    environment = {**environment_of_a_site(data := folder / "data", name), **told}
    descant("upgrade", environment=environment)
    descant("forum", "open", "gazette", "--domain", "gazette.example", environment=environment)
    keys = json.loads(descant("apikey", "create", "gazette", "--json", environment=environment))
    with serving(environment, data) as (process, port):
        yield Site(port, keys["public_key"], environment, process)


@contextlib.contextmanager
def running(command: list[str], port: int, log: Path) -> Iterator[None]:
    with open(log, "ab") as written:
        process = subprocess.Popen(command, stdout=written, stderr=written, start_new_session=True)
        try:
            wait_until(lambda: is_open(port))
            yield
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(timeout=10)


@contextlib.contextmanager
def haproxy(folder: Path, descant_port: int, other_port: int | None = None) -> Iterator[int]:
    """As shipped, but for addresses; on the other of the two ports nobody listens yet."""
    port = free_port()
    shipped = (DEPLOY / "haproxy.cfg").read_text()
    changed = shipped.replace("bind :80 ", f"bind 127.0.0.1:{port} ").replace(":8000", f":{descant_port}")
    changed = changed.replace(ADMIN_SOCKET, str(folder / "admin.sock"))
    changed = changed.replace(":8001", f":{other_port or free_port()}")
    assert str(port) in changed
    assert str(descant_port) in changed
    (folder / "haproxy.cfg").write_text(changed)
    with running(["haproxy", "-db", "-f", str(folder / "haproxy.cfg")], port, folder / "haproxy.log"):
        wait_until(lambda: "DOWN" in state_of(folder / "admin.sock", "b"))
        yield port


def state_of(admin: Path, server: str) -> str:
    """What HAProxy says of a server; of two ports that take turns one is down, which it believes when it sees it."""
    with contextlib.suppress(OSError), contextlib.closing(socket.socket(socket.AF_UNIX)) as link:
        link.connect(str(admin))
        link.sendall(b"show stat\n")
        said = b"".join(iter(lambda: link.recv(65_536), b"")).decode()
        return next((line for line in said.splitlines() if line.startswith(f"descant,{server},")), "")
    return ""


@contextlib.contextmanager
def varnish(folder: Path, port: int, descant_port: int) -> Iterator[None]:
    """As shipped, but for addresses."""
    shipped = (DEPLOY / "varnish.vcl").read_text()
    (folder / "descant.vcl").write_text(shipped.replace('"8000"', f'"{descant_port}"'))
    command = ["varnishd", "-F", "-n", str(folder / "varnish"), "-a", f"127.0.0.1:{port}"]
    command += ["-f", str(folder / "descant.vcl"), "-s", "malloc,16m", "-j", "none"]
    with running(command, port, folder / "varnish.log"):
        yield


@pytest.fixture
def behind_haproxy(folder: Path) -> Iterator[Before]:
    with running_site(folder, "haproxy") as site, haproxy(folder, site.port) as port:
        yield Before(port, site)


@pytest.fixture
def behind_varnish(folder: Path) -> Iterator[Before]:
    port = free_port()
    told = {"DESCANT_PURGE": f"http://127.0.0.1:{port}/purge", "DESCANT_TRUSTED_PROXIES": "127.0.0.1"}
    with running_site(folder, "varnish", **told) as site, varnish(folder, port, site.port):
        yield Before(port, site)


def is_open(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def wait_until(true: Callable[[], object], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)
