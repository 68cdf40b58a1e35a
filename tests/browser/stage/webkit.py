"""Another engine than Chromium: Debian's WebKit, driven by the plain HTTP of WebDriver, on a screen of its own."""

import contextlib
import json
import os
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.servers import free_port

PROGRAMS = ("WebKitWebDriver", "Xvfb")
PACKAGES = "webkit2gtk-driver xvfb"
PATIENCE = 15.0  # seconds
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # the name that WebDriver gives to a reference


def is_installed() -> bool:
    return all(map(shutil.which, PROGRAMS)) and _browser() is not None


@dataclass(frozen=True)
class WebKit:
    """One window and what is open in it. Elements are found by XPath, and waited for until they can be seen."""

    session: str

    def visit(self, url: str) -> None:
        self.ask("POST", "/url", {"url": url})

    def enter_frame(self) -> None:
        """Into the frame under the article, once its scripts are awake."""
        self.ask("POST", "/frame", {"id": self._seen("//iframe")})
        awake = {
            "script": "return location.pathname !== 'blank' && document.readyState === 'complete'",
            "args": [],
        }
        self._until(lambda: self.ask("POST", "/execute/sync", awake), "the frame did not load")

    def sees(self, path: str) -> str:
        """The text of what must be there."""
        return str(self.ask("GET", f"/element/{self._seen(path)[ELEMENT]}/text"))

    def click(self, path: str) -> None:
        self.ask("POST", f"/element/{self._seen(path)[ELEMENT]}/click", {})

    def fill(self, path: str, text: str) -> None:
        self.ask("POST", f"/element/{self._seen(path)[ELEMENT]}/value", {"text": text})

    @contextlib.contextmanager
    def popup(self) -> Iterator[None]:
        """In the other window, until it has closed itself; afterwards in the first one."""
        first = self.ask("GET", "/window")
        others = self._until(lambda: [each for each in self._windows() if each != first], "no pop-up opened")
        self.ask("POST", "/window", {"handle": others[0]})
        yield
        self.ask("POST", "/window", {"handle": first})

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        return call(method, self.session + path, body)

    def _windows(self) -> list[str]:
        return list(self.ask("GET", "/window/handles"))

    def _seen(self, path: str) -> dict[str, str]:
        def look() -> dict[str, str] | None:
            for found in self.ask("POST", "/elements", {"using": "xpath", "value": path}):
                if self.ask("GET", f"/element/{found[ELEMENT]}/displayed"):
                    return dict(found)
            return None

        return dict(self._until(look, f"{path} is not to be seen"))

    def _until(self, look: Any, otherwise: str) -> Any:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            with contextlib.suppress(Stale):
                if found := look():
                    return found
            time.sleep(0.05)
        raise AssertionError(f"{otherwise} after {PATIENCE:.0f} seconds")


class Stale(Exception):
    """The page has changed between two questions."""


@contextlib.contextmanager
def running_webkit(folder: Path) -> Iterator[WebKit]:
    """Start a screen, a driver and a browser that has never been used; end them afterwards."""
    read, write = os.pipe()
    screen = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write), "-screen", "0", "1000x900x24", "-nolisten", "tcp"],
        pass_fds=[write],
        stderr=subprocess.DEVNULL,
    )
    os.close(write)
    with os.fdopen(read) as told:
        display = f":{told.readline().strip()}"
    port = free_port()
    environment = {
        **os.environ,
        "DISPLAY": display,
        "HOME": str(folder),
        "WEBKIT_DISABLE_COMPOSITING_MODE": "1",
    }
    driver = subprocess.Popen(
        ["WebKitWebDriver", f"--port={port}"], env=environment, stderr=subprocess.DEVNULL
    )
    try:
        session = _open(f"http://127.0.0.1:{port}")
        yield WebKit(session)
        call("DELETE", session)
    finally:
        for each in (driver, screen):
            each.terminate()
            each.wait(timeout=10)


def call(method: str, address: str, body: dict[str, Any] | None = None) -> Any:
    sent = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(address, sent, {"Content-Type": "application/json"}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)["value"]
    except urllib.error.HTTPError as refused:
        told = json.load(refused)["value"]
        if told["error"] in ("stale element reference", "no such element"):
            raise Stale(told["message"]) from refused
        raise AssertionError(f"{method} {address}: {told}") from refused


def _open(server: str) -> str:
    options = {"binary": str(_browser()), "args": ["--automation"]}
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            opened = call("POST", f"{server}/session", _wanted(options))
        except urllib.error.URLError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            return f"{server}/session/{opened['sessionId']}"


def _wanted(options: dict[str, Any]) -> dict[str, Any]:
    return {"capabilities": {"alwaysMatch": {"webkitgtk:browserOptions": options}}}


def _browser() -> Path | None:
    return next(iter(sorted(Path("/usr/lib").glob("*/webkit2gtk-4*/MiniBrowser"))), None)
