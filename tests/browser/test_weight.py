"""How much of ours a reader's browser takes."""

import gzip
import re
import urllib.request

from playwright.sync_api import expect

from tests.browser.conftest import Article, loader
from tests.browser.disqus.test_counts import counter
from tests.browser.stage.hosting import Hosting
from tests.browser.stage.readers import Reader
from tests.browser.stage.serving import Site

MOST = 20_000


def test_scripts_and_styles_weigh_less_than_twenty_thousand_bytes(
    reader: Reader, hosting: Hosting, site: Site, article: Article
) -> None:
    reader.visit(hosting.put("/weighed", '<div id="discussion"></div>' + loader(site) + counter(site)))
    expect(reader.frame.get_by_role("button", name="Write a comment")).to_be_visible()
    scripts = {url for url in reader.requests if re.search(r"\.js$", url)}
    document = body_of(next(url for url in reader.requests if "/embed/comments/" in url))
    style = re.search(rb"<style>(.*?)</style>", document, re.DOTALL)
    assert style
    weights = {url.rsplit("/", 1)[1]: weight(body_of(url)) for url in scripts} | {"style": weight(style[1])}
    assert len(weights) == 10  # the loader, the counter, seven modules and the style
    assert all(weights.values())
    assert sum(weights.values()) <= MOST, weights


def body_of(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=20) as answer:
        body: bytes = answer.read()
    return body


def weight(body: bytes) -> int:
    return len(gzip.compress(body, 9)) if body else 0
