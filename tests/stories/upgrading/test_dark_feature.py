"""A feature goes out dark, then to 5 %; it fails, is found, turned off and taken back, and no request fails."""

import html
import http.cookiejar
import json
import re
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import pytest

from django_headroom.operations.switches.rules import Judge, Rule
from tests.stories.reading.caches import wait_until
from tests.stories.serving import descant, environment_of_a_site
from tests.stories.upgrading import machines, medals
from tests.stories.upgrading.machines import Machine, all_comments, machine_of_releases

PASSWORD = "a loaf of rye and salt"
WRITERS = 40  # three of whom are among the five percent
LONG = 240  # seconds, of a machine that has much else to do
# What the release has besides its module: a line each for Django and for whoever looks for slow statements.
SETTINGS = """
MIDDLEWARE += ["medals.Medals"]
HEADROOM |= {"PERFORMANCE_PACKAGES": ("descant", "medals")}
"""


@dataclass
class Operator:
    """Opal, signed in by her browser, through the same door as everybody."""

    door: int
    browser: urllib.request.OpenerDirector

    def page(self, path: str, **form: str) -> str:
        """What stands on a page, or comes of its form, as she reads it."""
        address = f"http://127.0.0.1:{self.door}{path}"
        if form:
            (token,) = set(re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', self._opened(address)))
            form["csrfmiddlewaretoken"] = token
        return html.unescape(self._opened(address, urlencode(form).encode() if form else None))

    def _opened(self, address: str, body: bytes | None = None) -> str:
        with self.browser.open(address, body, timeout=90) as answer:
            return str(answer.read().decode())


@pytest.fixture
def met(tmp_path: Path) -> Path:
    """Where the feature notes whom it has met."""
    file = tmp_path / "met"
    file.touch()
    return file


@pytest.fixture
def machine(tmp_path: Path, met: Path) -> Iterator[Machine]:
    tmp_path.chmod(0o755)
    environment = environment_of_a_site(tmp_path / "data", "dark")
    environment |= {
        "DESCANT_SLOW_SECONDS": "0.05",
        "DESCANT_PERFORMANCE_SECONDS": "1",
        "MEDALS_MET": str(met),
    }
    descant("upgrade", environment=environment)
    descant("forum", "open", "gazette", "--domain", "gazette.example", environment=environment)
    words = ("user", "create", "opal", "--email", "opal@mail.example", "--superuser", "--password-stdin")
    descant(*words, environment=environment, given=f"{PASSWORD}\n")
    keys = json.loads(descant("apikey", "create", "gazette", "--json", environment=environment))
    with machine_of_releases(tmp_path, environment, keys["public_key"], writers=WRITERS) as found:
        ship_dark(found, "dark")
        yield found


def ship_dark(machine: Machine, name: str) -> None:
    """A release with the feature in it, and two web processes."""
    folder = machine.root / "releases" / name
    told = f'PYTHONPATH="{folder}" DESCANT_SETTINGS_FILE="{folder}/settings.py"'
    machine.put(name, f'{told} exec "{sys.executable}" -m descant "$@" --workers 2')
    (folder / "medals.py").write_text(Path(medals.__file__).read_text())
    (folder / "settings.py").write_text(SETTINGS)


@pytest.fixture
def operator(machine: Machine) -> Operator:
    cookies = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
    return Operator(machine.door, urllib.request.build_opener(cookies))


def test_a_feature_goes_out_dark_fails_and_is_taken_back_and_no_request_fails(
    machine: Machine, operator: Operator, met: Path
) -> None:
    assert machine.release("switch", "one").returncode == 0
    with machine.people():
        machine.wait_for_more()
        assert machine.release("switch", "dark").returncode == 0
        operator.page("/accounts/login/", login="opal", password=PASSWORD)
        wait_until_everybody_has_written(machine)
        assert met.read_text() == "", "it is off for all"
        assert "/operate/errors/1/" not in operator.page("/operate/errors/")

        operator.page("/operate/switches/medals/", to="some", percent="5", why="to see")
        wait_until(lambda: set(met.read_text().splitlines()) == five_percent(), LONG)
        kind = find_the_error(operator)
        find_the_slow_statement(operator)

        assert "it fails" in operator.page("/operate/switches/medals/", to="off", why="it fails")
        wait_until_nobody_is_met(machine, met)
        winners = met.read_text().splitlines()
        wait_until_everybody_has_written(machine)
        assert machine.release("revert").returncode == 0
        assert machine.serving() == "one"
        machine.wait_for_more()
        assert "medals" not in operator.page("/operate/switches/")
    assert machine.faults == []
    kept = all_comments(machine)
    assert [said for said in machine.written if said not in kept] == []
    assert met.read_text().splitlines() == winners, "nobody was met after it was off"
    assert set(winners) == five_percent()
    told = descant("errors", "show", kind, environment=machine.environment)
    assert told.startswith(f"KeyError in medals.award: {len(winners)} times"), "each is counted"


def find_the_error(operator: Operator) -> str:
    """On the list, and then whole: the line, the release, how the switch stood, what it had asked. Gives its number."""
    wait_until(lambda: "KeyError" in operator.page("/operate/errors/"), LONG)
    (kind,) = set(re.findall(r"/operate/errors/(\d+)/", operator.page("/operate/errors/")))
    place = f"medals.py:{line_of('METALS[str')}"
    wait_until(lambda: place in operator.page(f"/operate/errors/{kind}/"), LONG)
    told = operator.page(f"/operate/errors/{kind}/")
    for name, fact in (("release", "dark"), ("switch medals", "for 5 %"), ("request", "POST /api/3.0/")):
        assert f"<bdi>{name}</bdi></th><td><bdi>{fact}" in told
    assert medals.COUNTED in told
    return str(kind)


def find_the_slow_statement(operator: Operator) -> None:
    """From the page of all routes: its wording and its line; from there its route, told apart by release."""
    place = f"medals.py:{line_of('cursor.execute')} award"
    wait_until(lambda: place in operator.page("/operate/performance/"), LONG)
    route = "api/3.0/posts/create.json"
    told = operator.page(f"/operate/performance/?{urlencode({'kind': 'request', 'route': route})}")
    assert f"{place}</code> {route}" in told
    assert "WITH RECURSIVE n(i)" in told
    for release in ("one", "dark"):
        assert f"<code>{release}</code></a>" in told


def wait_until_nobody_is_met(machine: Machine, met: Path) -> None:
    """Until everybody has written once and the feature has met none of them."""
    deadline = time.monotonic() + LONG
    before = None
    while before != (before := met.read_text()):
        assert time.monotonic() < deadline
        wait_until_everybody_has_written(machine)


def wait_until_everybody_has_written(machine: Machine) -> None:
    written = len(machine.written) + WRITERS
    wait_until(lambda: machine.faults or len(machine.written) >= written, LONG)


def five_percent() -> set[str]:
    judge = Judge(medals.SWITCH, Rule(percent=5), frozenset())
    everybody = {machines.name_of(number) for number in range(WRITERS)}
    return {name for name in everybody if judge.is_on({"actor": name}, False, False, time.time())}


def line_of(words: str) -> int:
    """Where the feature's source has these words."""
    lines = Path(medals.__file__).read_text().splitlines()
    (number,) = (number for number, line in enumerate(lines, start=1) if words in line)
    return number
