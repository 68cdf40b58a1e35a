"""What a reader prefers: people she blocks are folded, and her order goes with her over sites."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import Article, Embed, new_article
from tests.browser.stage.axe import violations
from tests.browser.stage.readers import Reader
from tests.browser.stage.serving import Site

SENTENCE = "You have blocked"


def bars(reader: Reader) -> Locator:
    return reader.frame.get_by_text(SENTENCE)


def test_a_guest_blocks_somebody_and_finds_her_folded(
    new_reader: Callable[..., Reader], article: Article, site: Site
) -> None:
    site.say(article.thread, "Something unkind.", name="Odd")
    site.say(article.thread, "Something kind.", name="Ilse")
    reader, other = new_reader(), new_reader()
    reader.visit(article.url)
    unkind = reader.line("Something unkind.")
    reader.more(unkind, "Block this person")
    expect(bars(reader)).to_have_text(re.compile(r"You have blocked .?Odd.?\."))
    expect(reader.frame.get_by_text("Something unkind.")).to_be_hidden()
    expect(reader.frame.get_by_text("Something kind.")).to_be_visible()
    assert violations(reader.inside) == []
    reader.visit(article.url)
    expect(bars(reader)).to_be_visible()
    reader.frame.get_by_role("button", name="Show", exact=True).press("Enter")
    expect(reader.line("Something unkind.")).to_be_focused()
    expect(reader.frame.get_by_text("Something unkind.")).to_be_visible()
    reader.more(reader.line("Something unkind."), "Unblock this person")
    reader.visit(article.url)
    expect(reader.frame.get_by_text("Something unkind.")).to_be_visible()
    expect(bars(reader)).to_have_count(0)
    other.visit(article.url)
    expect(bars(other)).to_have_count(0)


def test_an_account_blocks_on_every_site_and_unblocks_on_its_own_page(
    new_reader: Callable[..., Reader], embed: Embed, site: Site
) -> None:
    here, there = new_article(embed), new_article(embed)
    ann, reader = new_reader(), new_reader()
    for article in (here, there):
        ann.visit(article.url)
        if article is here:
            ann.frame.get_by_role("button", name="Write a comment").click()
            ann.sign_in("ann")
        else:
            ann.frame.get_by_role("button", name="Write a comment").click()
        ann.send(f"Said on {article.thread['title']}.")
        expect(
            ann.line(f"Said on {article.thread['title']}.").get_by_role("button", name="Vote up")
        ).to_be_visible()
    reader.visit_as("cy", here.url)
    reader.more(reader.line("Said on"), "Block this person")
    expect(bars(reader)).to_be_visible()
    reader.visit(there.url)
    expect(bars(reader)).to_be_visible()
    reader.page.goto(f"{site.url}/accounts/preferences/")
    reader.page.get_by_role("button", name="Unblock Ann").click()
    expect(reader.page.get_by_text("Saved.")).to_be_visible()
    reader.visit(there.url)
    expect(reader.frame.get_by_text("Said on")).to_be_visible()
    expect(bars(reader)).to_have_count(0)


@pytest.mark.parametrize("who", ["a guest", "cy"])
def test_the_order_goes_with_the_reader_to_the_next_page(
    new_reader: Callable[..., Reader], embed: Embed, site: Site, who: str
) -> None:
    here, there = new_article(embed), new_article(embed)
    for article in (here, there):
        for text in ("Older.", "Newer."):
            site.say(article.thread, text)
    reader = new_reader()
    if who == "cy":
        reader.visit_as("cy", here.url)
    else:
        reader.visit(here.url)
    reader.frame.locator(".order summary").click()
    reader.frame.get_by_role("link", name="Oldest").click()
    expect(reader.frame.locator(".line").first).to_contain_text("Older.")
    reader.visit(there.url)
    expect(reader.frame.locator(".line").first).to_contain_text("Older.")
    expect(reader.frame.locator(".order summary")).to_have_text("Order: Oldest")
    expect(reader.frame.locator(".order summary")).not_to_be_focused()
    if who == "cy":
        reader.page.goto(f"{site.url}/accounts/preferences/")
        expect(reader.page.get_by_label("Order of comments")).to_have_value("oldest")
        reader.page.get_by_label("Order of comments").select_option("")
        reader.page.get_by_role("button", name="Save", exact=True).click()
        expect(reader.page.get_by_text("Saved.")).to_be_visible()
