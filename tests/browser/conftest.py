"""The stage of the browser tests: one Chromium, one real site, pages of another site, and readers with browsers.

Every reader is watched: a test fails if any of its pages showed a fault in the console, broke a policy, or asked a
third host for anything.
"""

import html
import itertools
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.browser.stage.hosting import Hosting, running_hosting
from tests.browser.stage.readers import Reader
from tests.browser.stage.serving import Site, running_site

CHROMIUM = "/usr/bin/chromium"
WITHOUT_THIRD_PARTY_COOKIES = "--test-third-party-cookie-phaseout"
# This list takes the place of Playwright's own, which turns off that a frame has a storage for each site around it.
TURNED_OFF = (
    "--disable-features=Translate,MediaRouter,OptimizationHints,HttpsUpgrades,HttpsFirstBalancedModeAutoEnable,"
    "NetworkTimeServiceQuerying,AimEnabled,PreconnectToSearch,PaintHolding,AvoidCorsURLLoaderRestartOnRedirect"
)
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    TURNED_OFF,
    WITHOUT_THIRD_PARTY_COOKIES,
]
PATIENCE = 10_000  # milliseconds

expect.set_options(timeout=PATIENCE)
numbers = itertools.count(1)

Embed = Callable[..., str]


@dataclass(frozen=True)
class Article:
    """A page of its own for each test, and the thread under it."""

    url: str
    thread: dict[str, str]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if not Path(CHROMIUM).exists():
        pytest.fail(f"There is no {CHROMIUM}: `make test` installs it, or as root: apt-get install chromium")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("site")
    with running_site(folder / "data", f"browser_{worker_id}") as running:
        yield running
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def hosting() -> Iterator[Hosting]:
    with running_hosting() as running:
        yield running


@pytest.fixture
def embed(site: Site, hosting: Hosting) -> Embed:
    """Write a page with our frame under an article: ``embed("/path", identifier="x", body=…, head=…)``."""

    def put(path: str, *, identifier: str = "", attributes: str = "", **page: Any) -> str:
        page.setdefault("body", "<h1>An article</h1><p>It has a text.</p>")
        named = f' data-identifier="{html.escape(identifier)}"' if identifier else ""
        frame = f'<div id="discussion"{named} {attributes}></div>{loader(site)}'
        body = page.pop("body")
        return hosting.put(path, body + frame + page.pop("after", ""), **page)

    return put


@pytest.fixture
def article(embed: Embed) -> Article:
    return new_article(embed)


@pytest.fixture
def new_reader(browser: Browser) -> Iterator[Callable[..., Reader]]:
    """Another person with a browser of her own; what her browser is like goes to Playwright."""
    made: list[Reader] = []

    def new(**like: Any) -> Reader:
        context = browser.new_context(**{"viewport": {"width": 900, "height": 800}, **like})
        context.set_default_timeout(PATIENCE)
        reader = Reader(context, context.new_page())
        reader.watch()
        made.append(reader)
        return reader

    yield new
    faults = [fault for reader in made for fault in reader.unforgiven()]
    for reader in made:
        reader.context.close()
    assert not faults, "\n".join(faults)


@pytest.fixture
def reader(new_reader: Callable[..., Reader]) -> Reader:
    return new_reader()


def new_article(embed: Embed, **page: Any) -> Article:
    """A page that nobody has seen, with its thread; `page` goes to `embed`."""
    name = f"article-{next(numbers)}"
    url = embed(f"/{name}", identifier=name, **page)
    return Article(url, {"identifier": name, "url": url, "title": name})


def loader(site: Site) -> str:
    return f'<script async src="{site.url}/embed.js" data-forum="gazette"></script>'
