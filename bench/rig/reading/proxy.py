"""HAProxy of Debian in front of a site, with its cache; and as a server that does nothing but answer."""

import contextlib
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from bench.rig.reading.asking import Asker
from tests.servers import free_port

CONFIGURATION = Path(__file__).with_name("haproxy.cfg")


class NoHAProxy(Exception):
    """HAProxy is not installed; on Debian, as root: apt-get install haproxy."""


@dataclass(frozen=True)
class Proxy:
    """Its ports: ``cached`` is the site behind its cache, ``null`` one page from memory, ``nothing`` an empty list."""

    cached: int = field(default_factory=free_port)
    null: int = field(default_factory=free_port)
    nothing: int = field(default_factory=free_port)


@contextlib.contextmanager
def proxy_before(port: int, page: str, folder: Path) -> Iterator[Proxy]:
    """HAProxy before a site, until the block ends; ``page`` is the path of what its null server answers.

    Raises:
        NoHAProxy
    """
    program = shutil.which("haproxy") or shutil.which("/usr/sbin/haproxy")
    if program is None:
        raise NoHAProxy(NoHAProxy.__doc__)
    asker, proxy = Asker(port), Proxy()
    asker.connection.request("GET", page, headers={"Accept-Encoding": "gzip"})
    (folder / "page.gz").write_bytes(asker.connection.getresponse().read())
    written = CONFIGURATION.read_text(encoding="utf-8")
    for name, value in {**vars(proxy), "site": port, "page": folder / "page.gz"}.items():
        written = written.replace(f"@{name}@", str(value))
    file = folder / "haproxy.cfg"
    file.write_text(written, encoding="utf-8")
    with open(folder / "haproxy.log", "wb") as log:
        process = subprocess.Popen([program, "-db", "-f", str(file)], stdout=log, stderr=log)
        try:
            wait_until_taken(proxy.cached, process)
            yield proxy
        finally:
            process.terminate()
            process.wait(timeout=10)


def wait_until_taken(port: int, process: "subprocess.Popen[bytes]", seconds: float = 30) -> None:
    """Return when somebody listens on a port."""
    until = time.monotonic() + seconds
    while process.poll() is None and time.monotonic() < until:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    raise RuntimeError(f"{process.args!r} does not listen on port {port}")
