"""Signed in by the word of the site around the frame, where no third-party cookie is kept; and by no other word."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Embed
from tests.browser.stage.axe import violations
from tests.browser.stage.hosting import Hosting
from tests.browser.stage.readers import Reader
from tests.browser.stage.serving import Site
from tests.descant.signing import EVE, signed

WORDS = (
    """<script>var disqus_config = function () { Object.assign(this.page, %s); this.sso = %s; };</script>"""
)


@dataclass(frozen=True)
class Newsroom:
    """A page of a site that signs its own people in."""

    embed: Embed
    key: dict[str, str]

    def publish(self, path: str, said: Any = None, sso: Any = None, **forged: Any) -> str:
        """The page as the site writes it now: for somebody, for nobody ({}), or for whom a forger says."""
        secret, at = forged.get("secret", self.key["secret_key"]), forged.get("at")
        page = {"url": self.embed(path), "identifier": path, "api_key": self.key["public_key"]}
        page |= {} if said is None else {"remote_auth_s3": signed(said, secret, at)}
        return self.embed(path, head=WORDS % (json.dumps(page), json.dumps(sso or {})))


@pytest.fixture(scope="module")
def key(site: Site) -> dict[str, str]:
    made: dict[str, str] = json.loads(site.command("sso", "make", "gazette", "--json"))
    return made


@pytest.fixture
def newsroom(embed: Embed, key: dict[str, str]) -> Newsroom:
    return Newsroom(embed, key)


def open_box(reader: Reader) -> None:
    reader.frame.get_by_role("button", name="Write a comment").click()


def test_she_is_who_her_site_says_until_it_says_nobody(
    new_reader: Callable[..., Reader], newsroom: Newsroom
) -> None:
    eve, other = new_reader(), new_reader()
    eve.visit(newsroom.publish("/news", EVE))
    open_box(eve)
    expect(eve.frame.get_by_text("You write as Eve")).to_be_visible()
    expect(eve.frame.get_by_role("textbox", name="Name", exact=True)).to_be_hidden()
    expect(eve.frame.get_by_role("button", name="Sign out")).to_be_hidden()
    eve.send("By my paper.")
    expect(eve.line("By my paper.").get_by_role("button", name="Vote up")).to_be_visible()
    expect(eve.line("By my paper.").get_by_role("heading")).to_have_text("Eve")
    eve.visit(newsroom.publish("/news", {**EVE, "username": "Eva"}))
    open_box(eve)
    expect(eve.frame.get_by_text("You write as Eva")).to_be_visible()
    eve.more(eve.line("By my paper."), "Edit")
    expect(eve.frame.get_by_role("button", name="Save")).to_be_visible()
    other.visit(newsroom.publish("/news", {}))
    expect(other.line("By my paper.")).to_be_visible()
    eve.visit(newsroom.publish("/news", {}))
    open_box(eve)
    expect(eve.frame.get_by_role("textbox", name="Name", exact=True)).to_be_visible()
    eve.more(eve.line("By my paper."), "Copy link")
    expect(eve.line("By my paper.").get_by_role("button", name="Edit")).to_be_hidden()
    assert eve.inside.evaluate("localStorage['descant:vouched:gazette']") is None


@pytest.mark.parametrize("sso", [None, {"name": "The Gazette", "url": "https://gazette.example/members"}])
def test_a_page_that_says_nothing_of_anybody_signs_her_out(
    reader: Reader, newsroom: Newsroom, sso: Any
) -> None:
    reader.visit(newsroom.publish("/silent", EVE))
    open_box(reader)
    expect(reader.frame.get_by_text("You write as Eve")).to_be_visible()
    reader.visit(newsroom.publish("/silent", sso=sso))
    open_box(reader)
    expect(reader.frame.get_by_role("textbox", name="Name", exact=True)).to_be_visible()
    assert reader.inside.evaluate("localStorage['descant:vouched:gazette']") is None


@pytest.mark.parametrize(
    ("forged", "why"),
    [
        ({"secret": "x" * 48}, "not signed with a secret key of this forum"),
        ({"at": time.time() - 86_400}, "too old"),
    ],
    ids=["forged", "expired"],
)
def test_a_message_that_is_not_believed_is_told_and_harms_nothing(
    reader: Reader, newsroom: Newsroom, forged: dict[str, Any], why: str
) -> None:
    reader.forgive("403")
    reader.visit(newsroom.publish("/forged", EVE))
    open_box(reader)
    expect(reader.frame.get_by_text("You write as Eve")).to_be_visible()
    reader.visit(newsroom.publish("/forged", {**EVE, "id": "8", "username": "Mallory"}, **forged))
    expect(reader.frame.get_by_role("region", name="About your comments")).to_contain_text(why)
    assert violations(reader.inside) == []
    said = reader.write(f"Still a guest, {why}.")
    expect(said.get_by_role("heading")).to_have_text("Gus")


def test_she_signs_in_on_her_own_site_and_out_there(
    reader: Reader, newsroom: Newsroom, hosting: Hosting
) -> None:
    sso = {
        "name": "The Gazette",
        "url": hosting.put("/members", "<h1>Members</h1>"),
        "logout": hosting.put("/bye", "<h1>Bye</h1>"),
        "button": "https://pictures.example/button.png",
    }
    reader.visit(newsroom.publish("/members-only", {}, sso))
    open_box(reader)
    with reader.context.expect_page() as opened:
        reader.frame.get_by_role("button", name="Sign in with The Gazette").click()
    expect(opened.value.get_by_role("heading")).to_have_text("Members")
    newsroom.publish("/members-only", EVE, sso)
    with reader.page.expect_navigation():
        opened.value.close()
    reader.awake()
    open_box(reader)
    expect(reader.frame.get_by_text("You write as Eve")).to_be_visible()
    reader.frame.get_by_role("button", name="Sign out").click()
    expect(reader.page.get_by_role("heading")).to_have_text("Bye")


def test_an_address_that_is_none_of_the_web_opens_nothing(reader: Reader, newsroom: Newsroom) -> None:
    for url in ("javascript:alert(1)", "http://[", "data:text/html,x"):
        reader.visit(newsroom.publish("/no-door", {}, {"name": "X", "url": url}))
        open_box(reader)
        expect(reader.frame.get_by_role("button", name="Sign in", exact=True)).to_be_visible()
        expect(reader.frame.get_by_role("button", name="Sign in with X")).to_be_hidden()


def test_a_reset_of_the_page_signs_in_whom_it_says_then(reader: Reader, newsroom: Newsroom) -> None:
    reader.visit(newsroom.publish("/single", {}))
    message = signed(EVE, newsroom.key["secret_key"])
    reader.page.evaluate(
        """([message, key]) => { window.awake = 0; DISQUS.reset({ reload: true, config() {
            Object.assign(this.page, { identifier: 'single', remote_auth_s3: message, api_key: key }); } }); }""",
        [message, newsroom.key["public_key"]],
    )
    reader.awake()
    open_box(reader)
    expect(reader.frame.get_by_text("You write as Eve")).to_be_visible()


def test_the_message_travels_in_no_address_and_reaches_no_third_host(
    reader: Reader, newsroom: Newsroom
) -> None:
    reader.visit(newsroom.publish("/quiet", EVE))
    open_box(reader)
    expect(reader.frame.get_by_text("You write as Eve")).to_be_visible()
    told = [*reader.requests, *(frame.url for frame in reader.page.frames)]
    assert not [url for url in told if newsroom.key["public_key"] in url or "remote_auth" in url]
