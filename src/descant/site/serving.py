"""`descant serve`: a whole site from one command – databases, web server, worker, and on first start a demo."""

import argparse
import http.client
import json
import os
import secrets
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from descant.operate.commands import CommandFailed
from descant.site.configuring.variables import Variables
from descant.site.supervising import Program, Supervisor

NAME = "serve"
HELP = "run a whole site: bring the databases up to date, then the web server and the worker"
REFUSALS = (ImproperlyConfigured,)

# Connections that one web process takes in at a time; more wait in the kernel's queue. Of what they ask, the front
# takes no more to Django than it can answer soon. Those who watch a thread hold one each, for as long as they do.
BACKPRESSURE = 16_384
# Web processes and the threads of each. Threads take turns at the interpreter, and help while others wait for a server;
# before a file they would wait for the interpreter while they hold the file, and everybody behind them with them.
WITH_A_SERVER, WITH_FILES = (2, 3), (2, 1)
LOOK_EVERY = 0.25  # seconds
DEATHS_BEFORE_READY = 3
SLOW_START = 60.0  # seconds


@dataclass(frozen=True)
class Place:
    """Where a site runs."""

    host: str
    port: int
    data: Path
    workers: int
    threads: int
    demo: bool

    @property
    def service_url(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def demo_url(self) -> str:
        """Another *site* than the service's to a browser, as a real page would be; a port alone would not do."""
        return f"http://127.0.0.1:{self.port + 1}"

    def environment(self) -> dict[str, str]:
        """What every program of the site is told."""
        told = {
            "DESCANT_DATA": str(self.data),
            "DESCANT_PORT": str(self.port),
            "DESCANT_THREADS": str(self.threads),
            "DESCANT_RUN": secrets.token_hex(8),
            "DESCANT_DEMO": "1" if self.demo else "0",
            "DESCANT_SERVICE_URL": self.service_url,
            "DESCANT_DEMO_URL": self.demo_url,
            "DJANGO_SETTINGS_MODULE": "descant.site.settings",
        }
        return {**os.environ, **told}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    said = Variables(os.environ)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: 127.0.0.1)")
    parser.add_argument("--port", type=int, default=said.number("DESCANT_PORT", 8000), help="(default: 8000)")
    parser.add_argument(
        "--data", type=Path, default=Path(said.text("DESCANT_DATA", "data")), help="data folder"
    )
    workers, threads = WITH_A_SERVER if os.environ.get("DESCANT_DATABASE") else WITH_FILES
    parser.add_argument("--workers", type=int, default=workers, help="web processes (default: %(default)s)")
    parser.add_argument("--threads", type=int, default=threads, help="threads of each (default: %(default)s)")
    parser.add_argument(
        "--demo",
        action=argparse.BooleanOptionalAction,
        help="a first forum and three articles (default: when the data folder is new and on SQLite)",
    )
    # For `make run`, see the Makefile: the service ends when this file is gone.
    parser.add_argument("--while-exists", type=Path, help=argparse.SUPPRESS)


def run(options: argparse.Namespace) -> int:
    data = options.data.resolve()
    place = Place(
        options.host, options.port, data, options.workers, options.threads, wants_demo(options.demo, data)
    )
    refuse_taken_ports(place)
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    with Supervisor([], place.environment(), say) as supervisor:
        welcome = prepare(supervisor)
        if not supervisor.leaving.is_set():
            if place.demo:
                remember_demo(data)
                supervisor.environment = {**supervisor.environment, "DESCANT_DEMO_FORUM": welcome["forum"]}
            supervisor.programs = programs(place)
            supervise(supervisor, place, welcome, options.while_exists)
    say(f"Ended ({supervisor.asked_by or 'told so'}).")
    return 0


def wants_demo(asked_for: bool | None, data: Path) -> bool:
    """As asked; else as at the last start; else only where nothing can be spoilt: a new folder, no PostgreSQL."""
    if asked_for is not None:
        return asked_for
    if os.environ.get("DESCANT_DEMO"):
        return os.environ["DESCANT_DEMO"] == "1"
    is_new = not data.exists() or not any(data.iterdir())
    return demo_mark(data).exists() or (is_new and not os.environ.get("DESCANT_DATABASE"))


def demo_mark(data: Path) -> Path:
    return data / "demo"


def remember_demo(data: Path) -> None:
    demo_mark(data).write_text("This site shows the demo articles. Remove this file to end that.\n")


def refuse_taken_ports(place: Place) -> None:
    wanted = [(place.host, place.port)] + ([("127.0.0.1", place.port + 1)] if place.demo else [])
    for host, port in wanted:
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except (OSError, OverflowError) as error:
                reason = error.strerror if isinstance(error, OSError) else "there is no such port"
                raise CommandFailed(
                    f"cannot listen on {host} port {port} ({reason}); choose another with --port, or make run PORT=…"
                ) from error


def prepare(supervisor: Supervisor) -> dict[str, str]:
    """Bring databases and files up to date; gives how the demo's owner signs in (nothing without a demo)."""
    command = [sys.executable, "-P", "-m", "descant.site.preparing"]
    preparing = subprocess.Popen(
        command, env=dict(supervisor.environment), stdout=subprocess.PIPE, start_new_session=True
    )
    supervisor.tell_watchman(f"+{preparing.pid}")
    while preparing.poll() is None and not supervisor.leaving.wait(0.05):
        continue
    if supervisor.leaving.is_set():
        preparing.terminate()
    said, _ = preparing.communicate()
    supervisor.tell_watchman(f"-{preparing.pid}")
    if preparing.returncode and not supervisor.leaving.is_set():
        raise CommandFailed("the site could not be prepared; the reason stands above")
    return json.loads(said or b"null") or {}


def programs(place: Place) -> list[Program]:
    python = [sys.executable, "-P", "-m"]
    web = ["granian", "--interface", "rsgi", "--host", place.host, "--port", str(place.port), "--no-ws"]
    web += ["--workers", str(place.workers), "--loop", "uvloop", "--http", "1"]
    web += ["--backpressure", str(BACKPRESSURE), "--respawn-failed-workers", "--workers-kill-timeout", "8"]
    web += ["--log-level", "error", "descant.site.front.application:application"]
    found = [Program("web server", [*python, *web]), Program("worker", [*python, "descant", "worker"])]
    if Variables(os.environ).text("DESCANT_METRICS"):
        found.append(Program("metrics", [*python, "descant", "metrics"]))
    if place.demo:
        found.append(Program("demo", [*python, "descant.site.demo", str(place.port + 1)]))
    return found


def supervise(
    supervisor: Supervisor, place: Place, welcome: dict[str, str], while_exists: Path | None
) -> None:
    """Keep the programs running until we are asked to leave; say once where to click."""
    ready = False
    say_slow_at = time.monotonic() + SLOW_START
    while not supervisor.leaving.wait(LOOK_EVERY):
        supervisor.look()
        if not ready and is_ready(place):
            ready = True
            say(greeting(place, welcome))
        if not ready and supervisor.deaths >= DEATHS_BEFORE_READY:
            raise CommandFailed("its programs do not stay up; the reason stands above")
        if not ready and time.monotonic() > say_slow_at:
            say_slow_at += SLOW_START
            say(f"{place.service_url}/healthz does not answer yet.")
        if while_exists is not None and not while_exists.exists():
            supervisor.leaving.set()


def is_ready(place: Place) -> bool:
    host = place.host if place.host not in ("0.0.0.0", "::") else "localhost"
    connection = http.client.HTTPConnection(host, place.port, timeout=2)
    try:
        connection.request("GET", "/healthz", headers={"Host": f"localhost:{place.port}"})
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def greeting(place: Place, welcome: dict[str, str]) -> str:
    lines = ["", "Descant is running.", ""]
    if place.demo:
        lines += [f"  Read and write    {place.demo_url}/   (three articles, each with its discussion)"]
    lines += [f"  The service       {place.service_url}/"]
    if place.demo:
        password = welcome.get("password") or "as it was at the first start"
        lines += [f"  Sign in as        {welcome['owner']}, password: {password}   (owns {welcome['forum']})"]
        lines += [f"  Run the site      {place.service_url}/operate/   (as she who is signed in)"]
    else:
        lines += ["  Open a forum      descant forum open NAME --domain blog.example"]
    lines += [f"  Its data          {place.data}", "", "Ctrl-C ends all of it.", ""]
    return "\n".join(lines)


def say(text: str) -> None:
    print(text, flush=True)
