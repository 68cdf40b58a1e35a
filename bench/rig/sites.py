"""Sites to measure: the real service as its own processes, on SQLite or on a PostgreSQL of the run's own."""

import contextlib
import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.servers import create_database, free_port, running_postgresql

FORUM, DOMAIN = "gazette", "gazette.example"
ALONE = {"DESCANT_ONE_MACHINE": "1"}  # as it is, here; a benchmark of several hosts says otherwise
NO_LIMITS = {"DESCANT_COMMENTS_PER_MINUTE": "0", "DESCANT_VOTES_PER_MINUTE": "0", "DESCANT_API_PER_HOUR": "0"}


@dataclass
class Site:
    """A site that is set up; ``environment`` is what its commands are told."""

    data: Path
    environment: Mapping[str, str]
    port: int = field(default_factory=free_port)

    def command(self, *words: str) -> str:
        """Run a ``descant`` command and give what it printed."""
        line = [sys.executable, "-m", "descant", *words]
        done = subprocess.run(line, env=dict(self.environment), check=True, capture_output=True, text=True)
        return done.stdout

    def public_key(self) -> str:
        """A new public key of the forum."""
        return str(json.loads(self.command("apikey", "create", FORUM, "--json"))["public_key"])

    @contextlib.contextmanager
    def serving(self, *options: str) -> Iterator[int]:
        """The web server and the worker, until the block ends; gives the process id of the whole."""
        line = [sys.executable, "-m", "descant", "serve", "--no-demo", "--port", str(self.port)]
        line += ["--data", str(self.data), *options]
        with open(self.data / "serve.log", "w", encoding="utf-8") as log:
            process = subprocess.Popen(line, env=dict(self.environment), stdout=log, stderr=log)
            try:
                self._wait(process)
                yield process.pid
            finally:
                process.send_signal(signal.SIGTERM)
                process.wait(timeout=30)

    def _wait(self, process: "subprocess.Popen[bytes]") -> None:
        until = time.monotonic() + 90
        while process.poll() is None and time.monotonic() < until:
            with contextlib.suppress(OSError):
                connection = http.client.HTTPConnection("localhost", self.port, timeout=1)
                connection.request("GET", "/healthz")
                if connection.getresponse().status == 200:
                    return
            time.sleep(0.1)
        raise RuntimeError((self.data / "serve.log").read_text(encoding="utf-8"))


@contextlib.contextmanager
def site_on(database: str, folder: Path) -> Iterator[Site]:
    """A new site with its forum open, on ``sqlite`` or ``postgresql``; one partition."""
    data = folder / database
    data.mkdir()
    plain = {name: value for name, value in os.environ.items() if not name.startswith("DESCANT_")}
    environment = {**plain, **NO_LIMITS, **ALONE, "DESCANT_DATA": str(data)}
    with contextlib.ExitStack() as open_here:
        if database == "postgresql":
            server = open_here.enter_context(running_postgresql())
            environment["DESCANT_DATABASE"] = create_database(server, "descant")
            environment["DESCANT_PARTITION_1"] = create_database(server, "descant_p1")
        site = Site(data, environment)
        site.command("upgrade")
        site.command("forum", "open", FORUM, "--domain", DOMAIN)
        yield site
