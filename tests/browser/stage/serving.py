"""One real site for each process of the run: `descant serve` on a folder of its own, with its people and forums."""

import contextlib
import json
import os
import re
import secrets
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.servers import create_database, free_port

PASSWORD = "a loaf of rye and salt"
READY = "Ctrl-C ends all of it."
NO_LIMITS = {"DESCANT_COMMENTS_PER_MINUTE": "0", "DESCANT_VOTES_PER_MINUTE": "0", "DESCANT_API_PER_HOUR": "0"}


@dataclass(frozen=True)
class Site:
    """A running site. Its forum gazette may be framed by any page of 127.0.0.1; the service itself is localhost."""

    url: str
    demo: str
    environment: dict[str, str]

    def command(self, *words: str, stdin: str = "") -> str:
        done = subprocess.run(
            [sys.executable, "-P", "-m", "descant", *words],
            env=self.environment,
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def call(self, act: str, body: dict[str, Any], token: str = "") -> dict[str, Any]:
        """What the frame's own script would send, from outside a browser."""
        headers = {"Content-Type": "application/json", "Origin": self.url}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        request = urllib.request.Request(
            f"{self.url}/embed/do/{act}", json.dumps(body).encode(), headers, method="POST"
        )
        with urllib.request.urlopen(request, timeout=20) as answer:
            told: dict[str, Any] = json.load(answer)
        return told

    def say(self, thread: dict[str, str], text: str, *, to: str | None = None, name: str = "Ilse") -> str:
        """A guest writes a comment; gives its id."""
        comment = {"parent": to, "text": text, "name": name, "key": secrets.token_hex(16)}
        return str(self.call("post", {"forum": "gazette", "thread": thread, **comment})["id"])


@contextlib.contextmanager
def running_site(folder: Path, name: str, **told: str) -> Iterator[Site]:
    """Serve a new folder with two partitions; afterwards ask it to end, and see that it does so in order.

    `name` tells its databases on a server apart from those of other sites; `told` are settings of its environment.
    """
    port = free_port(2)  # the demo's articles are on the second
    environment = {**clean_environment(folder, name), **told}
    serving = subprocess.Popen(
        [
            sys.executable,
            "-P",
            "-m",
            "descant",
            "serve",
            "--port",
            str(port),
            "--data",
            str(folder),
            "--demo",
        ],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    site = Site(f"http://localhost:{port}", f"http://127.0.0.1:{port + 1}", environment)
    try:
        wait_until_ready(serving)
        people(site)
        yield site
    finally:
        serving.send_signal(signal.SIGTERM)
        serving.communicate(timeout=30)
    assert serving.returncode == 0


def clean_environment(folder: Path, name: str) -> dict[str, str]:
    """Ours, without what the run of the tests chose for itself."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("DESCANT_", "DJANGO_"))}
    return {
        **kept,
        **NO_LIMITS,
        **empty_databases(name),
        "DESCANT_DATA": str(folder),
        "PYTHONUNBUFFERED": "1",
    }


def empty_databases(name: str) -> dict[str, str]:
    """On what the run of the tests says: SQLite, which makes its files itself, or new databases on its PostgreSQL."""
    if os.environ.get("DESCANT_TEST_DATABASE") != "postgresql":
        return {"DESCANT_PARTITIONS": "2"}
    server = os.environ["DESCANT_TEST_POSTGRESQL"]
    variables = ("DESCANT_DATABASE", "DESCANT_PARTITION_1", "DESCANT_PARTITION_2")
    return {variable: create_database(server, f"{name}_{variable.lower()}") for variable in variables}


def wait_until_ready(serving: subprocess.Popen[str]) -> None:
    assert serving.stdout is not None
    said = []
    for line in serving.stdout:
        said.append(line)
        if READY in line:
            return
    raise AssertionError(f"the site did not start:\n{''.join(said)}")


def people(site: Site) -> None:
    """Ann owns both forums, Cy reads and writes; what is written in tribune, on the other partition, waits for Ann."""
    for name in ("Ann", "Cy"):
        words = (
            "user",
            "create",
            name.lower(),
            "--email",
            f"{name.lower()}@mail.example",
            "--shown-name",
            name,
        )
        site.command(*words, "--password-stdin", stdin=f"{PASSWORD}\n")
    site.command("forum", "set", "gazette", "--owner", "ann", "--add-domain", "127.0.0.1")
    tribune = ("tribune", "--domain", "127.0.0.1", "--owner", "ann", "--partition", other_partition(site))
    site.command("forum", "open", *tribune)
    site.command("forum", "set", "tribune", "--premoderation", "everybody")


def other_partition(site: Site) -> str:
    held = re.search(r"^gazette\t(\w+)", site.command("forum", "list"), re.MULTILINE)
    assert held
    return "p2" if held[1] == "p1" else "p1"
