"""A site of several web processes, and a reader of each."""

import contextlib
import gzip
import http.client
import json
import os
import subprocess
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.servers import create_database
from tests.stories.serving import descant, serving

WORKERS = 3
PAGE = "/embed/comments/?f=gazette&t_i="


@dataclass
class Site:
    port: int
    key: str
    environment: Mapping[str, str]
    process: "subprocess.Popen[bytes]"

    def post(self, text: str, thread: str) -> str:
        asked = urlencode(
            {"api_key": self.key, "thread:ident": thread, "message": text, "author_name": "Gus"}
        )
        kind = {"Content-Type": "application/x-www-form-urlencoded", "Idempotency-Key": uuid.uuid4().hex}
        answer = {"code": -1}
        for _time in range(20):
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
            # What waits at a process that is killed is sent again, as programs do.
            with contextlib.closing(connection), contextlib.suppress(ConnectionError):
                connection.request("POST", "/api/3.0/posts/create.json", asked, kind)
                answer = json.loads(connection.getresponse().read())
                break
        assert answer["code"] == 0, answer
        return str(answer["response"]["id"])

    def say(self, program: str) -> None:
        """Run a program of Descant's in a process of its own, as an operator or the worker does."""
        descant("manage", "shell", "-v", "0", "-c", program, environment=self.environment)

    @contextlib.contextmanager
    def one_reader_of_each(self) -> Iterator[list[http.client.HTTPConnection]]:
        """A connection that is kept open to each of the processes."""
        with self.readers() as found:
            yield list(found.values())

    @contextlib.contextmanager
    def readers(self) -> Iterator[dict[int, http.client.HTTPConnection]]:
        """The same by the numbers of the processes."""
        with contextlib.ExitStack() as stack:
            found: dict[int, http.client.HTTPConnection] = {}
            for _ in range(400):
                reader = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
                stack.callback(reader.close)
                reader.request("GET", "/healthz")
                reader.getresponse().read()
                ours = sockets(self.port, reader.sock.getsockname()[1])
                below = everybody_below(self.process.pid)
                found |= {pid: reader for pid in below if open_sockets(pid) & ours}
                if len(found) == WORKERS:
                    break
            assert len(found) == WORKERS
            yield found


def sockets(near: int, far: int) -> set[str]:
    """The kernel's numbers of the sockets on this machine with these ports."""
    found = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in Path(table).read_text().splitlines()[1:]:
            each = line.split()
            if int(each[1].split(":")[1], 16) == near and int(each[2].split(":")[1], 16) == far:
                found.add(f"socket:[{each[9]}]")
    return found


def open_sockets(pid: int) -> set[str]:
    found = set()
    with contextlib.suppress(OSError):
        for file in Path(f"/proc/{pid}/fd").iterdir():
            with contextlib.suppress(OSError):
                found.add(os.readlink(file))
    return found


def everybody_below(pid: int) -> set[int]:
    children = set()
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            children |= {int(each) for each in (task / "children").read_text().split()}
    return children.union(*(everybody_below(child) for child in children))


def get(reader: http.client.HTTPConnection, path: str, method: str = "GET", **headers: str) -> Any:
    """An answer, with its body as it came."""
    said = {name.replace("_", "-"): value for name, value in headers.items()}
    reader.putrequest(method, path, skip_accept_encoding=True)
    for name, value in said.items():
        reader.putheader(name, value)
    reader.endheaders()
    answer = reader.getresponse()
    answer.whole = answer.read()  # type: ignore[attr-defined]
    return answer


def page(reader: http.client.HTTPConnection, thread: str) -> str:
    answer = get(reader, f"{PAGE}{thread}", Accept_Encoding="gzip")
    assert answer.status == 200
    return gzip.decompress(answer.whole).decode()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("front")
    plain = {name: value for name, value in os.environ.items() if not name.startswith("DESCANT_")}
    environment = {**plain, "DESCANT_DATA": str(folder), "DESCANT_COMMENTS_PER_MINUTE": "0"}
    environment["DESCANT_API_PER_HOUR"] = "0"
    if os.environ["DESCANT_TEST_DATABASE"] == "postgresql":
        server = os.environ["DESCANT_TEST_POSTGRESQL"]
        environment["DESCANT_DATABASE"] = create_database(server, "front")
        environment["DESCANT_PARTITION_1"] = create_database(server, "front_p1")
    descant("upgrade", environment=environment)
    descant("forum", "open", "gazette", "--domain", "gazette.example", environment=environment)
    key = json.loads(descant("apikey", "create", "gazette", "--json", environment=environment))["public_key"]
    with serving(environment, folder, "--workers", str(WORKERS)) as (process, port):
        yield Site(port, key, environment, process)
