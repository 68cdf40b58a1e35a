"""The distribution as a stranger gets it: built, installed into a fresh environment, served, and ended."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.parse
import urllib.request
import venv
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house.sources import ROOT, project_files
from tests.servers import free_port

pytestmark = pytest.mark.wheel


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of programs of a fresh environment that holds the built wheel and what it asks for."""
    folder = tmp_path_factory.mktemp("wheel")
    constrained = {**os.environ, "PIP_CONSTRAINT": str(ROOT / "constraints.txt")}
    build = [
        sys.executable,
        "-m",
        "build",
        "--wheel",
        "--outdir",
        str(folder / "dist"),
        str(copied_to(folder)),
    ]
    carry_out(build, folder, constrained)
    (wheel,) = (folder / "dist").glob("descant-*.whl")
    venv.create(folder / "environment", with_pip=True)
    programs = folder / "environment" / "bin"
    carry_out([str(programs / "pip"), "install", "--quiet", str(wheel)], folder, constrained)
    return programs


def test_the_wheel_holds_every_file_of_the_packages(installed: Path) -> None:
    (packages,) = (installed.parent / "lib").glob("python3.*/site-packages")
    ours = [path.relative_to("src") for path in project_files() if path.parts[0] == "src"]
    assert [str(path) for path in ours if not (packages / path).is_file()] == []


@pytest.fixture
def site(installed: Path, tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """A site served from an empty folder, far from the repository; ended if the test has not ended it."""
    port = free_port(2)  # the demo stands on the second
    serving = subprocess.Popen(
        [str(installed / "descant"), "serve", "--port", str(port)],
        cwd=tmp_path,
        env=without_our_settings(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        wait_until_healthy(serving, port)
        yield serving, port
    finally:
        if serving.poll() is None:
            serving.kill()
            serving.communicate()


def test_the_installed_package_is_a_whole_site(site: tuple[subprocess.Popen[str], int]) -> None:
    serving, port = site
    service, demo = f"http://localhost:{port}", f"http://127.0.0.1:{port + 1}"

    assert "Descant" in page(service)
    assert page(f"{service}/embed.js")

    article = page(f"{demo}/harbours")
    found = re.search(r'embed\.js" data-forum="([^"]+)"', article)
    assert found, "the article carries the one line"
    asked = urllib.parse.urlencode({"f": found[1], "t_u": f"{demo}/harbours"})
    assert "<html" in page(f"{service}/embed/comments/?{asked}")

    family = processes_below(serving.pid)
    assert len(family) >= 4, "the web server, its workers, our worker and the demo are running"
    serving.send_signal(signal.SIGTERM)
    said, _ = serving.communicate(timeout=20)
    assert serving.returncode == 0, said
    assert "Sign in as" in said
    assert f"http://localhost:{port}/operate/" in said
    assert "Traceback" not in said
    assert [number for number in family if is_alive(number)] == []


def test_a_taken_port_is_refused_in_one_line(
    installed: Path, site: tuple[subprocess.Popen[str], int], tmp_path: Path
) -> None:
    _, port = site
    second = subprocess.run(
        [str(installed / "descant"), "serve", "--port", str(port), "--data", "another"],
        cwd=tmp_path,
        env=without_our_settings(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert second.returncode == 2
    assert second.stderr.count("\n") == 1
    assert str(port) in second.stderr


def copied_to(folder: Path) -> Path:
    """The project's files and nothing else: what an earlier build left in the repository must not slip in."""
    copy = folder / "sources"
    for path in project_files():
        (copy / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / path, copy / path)
    return copy


def carry_out(command: list[str], folder: Path, environment: dict[str, str]) -> None:
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}{done.stderr}"


def without_our_settings() -> dict[str, str]:
    mine = ("DESCANT_", "DJANGO_", "PYTHONPATH", "VIRTUAL_ENV")
    return {name: value for name, value in os.environ.items() if not name.startswith(mine)}


def wait_until_healthy(serving: subprocess.Popen[str], port: int) -> None:
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        if serving.poll() is not None:
            said, _ = serving.communicate()
            raise AssertionError(f"it ended with {serving.returncode}:\n{said}")
        try:
            page(f"http://localhost:{port}/healthz")
            page(f"http://127.0.0.1:{port + 1}/")
            return
        except OSError:
            time.sleep(0.2)
    raise AssertionError("/healthz did not answer 200 within 90 s")


def page(url: str) -> str:
    with urllib.request.urlopen(url, timeout=10) as answer:
        return str(answer.read().decode())


def processes_below(parent: int) -> list[int]:
    """The process numbers of everything below a process."""
    listing = subprocess.run(
        ["ps", "-e", "-o", "pid=,ppid="], capture_output=True, text=True, check=True
    ).stdout
    pairs = [(int(line.split()[0]), int(line.split()[1])) for line in listing.splitlines()]
    below, found = [parent], []
    while below:
        children = [child for child, its_parent in pairs if its_parent in below]
        found += children
        below = children
    return found


def is_alive(number: int) -> bool:
    """Whether a process is there and more than a name that its parent has not struck out yet."""
    state = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(number)], capture_output=True, text=True, check=False
    ).stdout
    return bool(state.strip()) and not state.startswith("Z")
