"""The ways of a reader in another engine: WebKit, where it is installed."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.conftest import Article
from tests.browser.stage.serving import PASSWORD, Site
from tests.browser.stage.webkit import PACKAGES, WebKit, is_installed, running_webkit

pytestmark = pytest.mark.skipif(not is_installed(), reason=f"for WebKit, as root: apt-get install {PACKAGES}")

BOX = "//textarea"
SEND = "//button[.='Post comment']"


@pytest.fixture
def webkit(tmp_path: Path) -> Iterator[WebKit]:
    with running_webkit(tmp_path) as running:
        yield running


def article_of(text: str) -> str:
    return f"//article[contains(., '{text}')]"


def test_a_guest_reads_writes_replies_and_votes(webkit: WebKit, article: Article, site: Site) -> None:
    site.say(article.thread, "Rye keeps.")
    webkit.visit(article.url)
    webkit.enter_frame()
    assert webkit.sees("//h2") == "1 comment"
    webkit.click("//button[.='Write a comment']")
    webkit.fill(BOX, "Wheat is *kind*.")
    webkit.fill("//input[@name='name']", "Gus")
    webkit.click(SEND)
    webkit.sees(f"{article_of('Wheat is kind.')}//button[@aria-label='Vote up']")
    webkit.click(f"{article_of('Rye keeps.')}//button[.='Reply']")
    webkit.fill(BOX, "It does.")
    webkit.click(SEND)
    webkit.sees("//li[contains(., 'Rye keeps.')]/ol//button[@aria-label='Vote up']")
    webkit.click(f"{article_of('Rye keeps.')}//button[@aria-label='Vote up']")
    voted = f"{article_of('Rye keeps.')}//span[@class='votes'][contains(., '1')]/button[@aria-pressed='true']"
    webkit.sees(voted)
    webkit.visit(article.url)
    webkit.enter_frame()
    assert webkit.sees("//h2") == "3 comments"
    webkit.sees(voted)


def test_signing_in_through_the_popup_gives_the_frame_an_account(
    webkit: WebKit, article: Article, site: Site
) -> None:
    webkit.visit(article.url)
    webkit.enter_frame()
    webkit.click("//button[.='Write a comment']")
    webkit.click("//button[.='Sign in']")
    with webkit.popup():
        webkit.fill("//input[@name='login']", "cy")
        webkit.fill("//input[@name='password']", PASSWORD)
        webkit.click("//form//button[.='Sign in']")
        webkit.click("//button[contains(., 'Continue as')]")
    webkit.enter_frame()
    assert "Cy" in webkit.sees("//p[@class='as']")
    webkit.fill(BOX, "With an account.")
    webkit.click(SEND)
    by_cy = "[starts-with(@aria-label, 'Comment by Cy,')]"
    webkit.sees(f"{article_of('With an account.')}{by_cy}//button[@aria-label='Vote up']")
