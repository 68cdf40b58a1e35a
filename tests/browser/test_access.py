"""For everybody: by keyboard alone, by screen reader, and by the rules of WCAG 2.2 AA."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Article, Embed, new_article
from tests.browser.stage.axe import violations
from tests.browser.stage.readers import Reader
from tests.browser.stage.serving import Site

SCHEMES = pytest.mark.parametrize("scheme", ["light", "dark"])
WIDE, NARROW = {"width": 1100, "height": 900}, {"width": 390, "height": 844}
GROUNDS = {
    "light": "background: rgb(251, 249, 245); color: rgb(34, 38, 43)",
    "dark": "background: rgb(22, 24, 27); color: rgb(228, 226, 221)",
}
ACCOUNT_PAGES = ["login", "signup", "password/reset", "login/code"]
OWN_PAGES = ["email", "password/change", "social/connections", "logout"]


def test_one_writes_votes_and_folds_with_the_keyboard_alone(
    reader: Reader, article: Article, site: Site
) -> None:
    site.say(article.thread, "A reply.", to=site.say(article.thread, "A comment."))
    frame = reader.visit(article.url)
    keys = reader.page.keyboard
    reader.page.locator("body").press("Tab")
    tab_to(reader, frame.get_by_role("button", name="Write a comment"))
    keys.press("Enter")
    expect(frame.get_by_role("textbox", name="Your comment")).to_be_focused()
    keys.type("Without a mouse.")
    tab_to(reader, frame.get_by_role("textbox", name="Name", exact=True))
    keys.type("Kay")
    tab_to(reader, frame.get_by_role("button", name="Post comment"))
    keys.press("Enter")
    expect(reader.line("Without a mouse.").get_by_role("button", name="Vote up")).to_be_visible()
    expect(reader.line("Without a mouse.")).to_be_focused()
    up = reader.line("A comment.").get_by_role("button", name="Vote up")
    tab_to(reader, up)
    keys.press("Space")
    expect(up).to_have_attribute("aria-pressed", "true")
    expect(reader.line("A comment.").locator(".score")).to_have_text("1")
    fold = frame.get_by_role("button", name="1 reply")
    tab_to(reader, fold)
    expect(fold).to_have_attribute("aria-expanded", "true")
    keys.press("Enter")
    expect(fold).to_have_attribute("aria-expanded", "false")
    expect(reader.line("A reply.")).to_be_hidden()
    keys.press("Enter")
    expect(reader.line("A reply.")).to_be_visible()


def test_the_order_is_chosen_with_the_keyboard_and_the_box_closes_with_escape(
    reader: Reader, article: Article, site: Site
) -> None:
    for text in ("Older.", "Newer."):
        site.say(article.thread, text)
    frame = reader.visit(article.url)
    frame.locator(".order summary").press("Enter")
    frame.get_by_role("link", name="Oldest").press("Enter")
    expect(frame.locator(".order summary")).to_be_focused()
    expect(frame.locator(".order summary")).to_have_text("Order: Oldest")
    expect(frame.locator(".line").first).to_contain_text("Older.")
    begin = frame.get_by_role("button", name="Write a comment")
    begin.press("Enter")
    frame.get_by_role("textbox", name="Your comment").press("Escape")
    expect(begin).to_be_focused()
    begin.press("Enter")
    frame.get_by_role("textbox", name="Your comment").fill("Quick.")
    frame.get_by_role("textbox", name="Name", exact=True).fill("Kay")
    frame.get_by_role("textbox", name="Your comment").press("Control+Enter")
    expect(reader.line("Quick.")).to_be_visible()


def tab_to(reader: Reader, wanted: object) -> None:
    """Press Tab until the element has the focus, which must then be visible."""
    for _press in range(60):
        reader.page.keyboard.press("Tab")
        if wanted.evaluate("element => element === document.activeElement"):  # type: ignore[attr-defined]
            return
    raise AssertionError(f"Tab does not lead to {wanted}")


def test_a_screen_reader_hears_who_when_how_many_and_how_deep(
    reader: Reader, article: Article, site: Site
) -> None:
    first = site.say(article.thread, "First.", name="Ann B.")
    site.say(article.thread, "Second.", to=first, name="Tom")
    site.say(article.thread, "Third.", to=first, name="Ilse")
    frame = reader.visit(article.url)
    expect(
        frame.get_by_role("article", name="Comment by Ann B., just now, 2 replies, level 1")
    ).to_be_visible()
    expect(frame.get_by_role("article", name="Comment by Tom, just now, 0 replies, level 2")).to_be_visible()
    expect(frame.get_by_role("main", name="3 comments")).to_be_visible()
    expect(frame.get_by_role("heading", name="3 comments", level=2)).to_be_visible()
    expect(frame.get_by_role("heading", name="Ann B.", level=3)).to_be_visible()
    expect(frame.get_by_role("region", name="Write a comment")).to_be_visible()
    expect(frame.get_by_role("region", name="Comments", exact=True)).to_be_visible()
    expect(frame.get_by_role("group", name="Votes")).to_have_count(3)
    expect(frame.get_by_role("button", name="2 replies", exact=True)).to_have_attribute(
        "aria-expanded", "true"
    )
    expect(reader.page.locator("iframe")).to_have_attribute("title", f"Comments on {article.thread['title']}")


def test_a_finger_finds_targets_of_forty_pixels(
    new_reader: Callable[..., Reader], article: Article, site: Site
) -> None:
    site.say(article.thread, "A reply.", to=site.say(article.thread, "A comment."))
    reader = new_reader(viewport=NARROW, has_touch=True, is_mobile=True)
    frame = reader.visit(article.url)
    frame.get_by_role("button", name="Write a comment").tap()
    small = """all => all.map(each => [each.textContent || each.ariaLabel, each.getBoundingClientRect()])
      .filter(([, box]) => box.height < 40 || box.width < 40).map(([name, box]) => [name, box.width, box.height])"""
    sizes = frame.locator("button:visible, summary:visible").evaluate_all(small)
    assert sizes == []


@SCHEMES
@pytest.mark.parametrize("viewport", [WIDE, NARROW], ids=["wide", "narrow"])
def test_axe_finds_no_fault_in_the_frame(
    new_reader: Callable[..., Reader], embed: Embed, site: Site, scheme: str, viewport: dict[str, int]
) -> None:
    article = new_article(embed, head=f"<style>body {{ {GROUNDS[scheme]} }}</style>")
    reader = new_reader(viewport=viewport)
    reader.visit(article.url)
    assert faults_within(reader, scheme) == []
    for number in range(25):
        site.say(article.thread, f"Number {number}.")
    rich = "> Quoted.\n\nA [link](https://a.example), `code` and **words**.\n\n```\ncode\n```"
    site.say(article.thread, "A reply.", to=site.say(article.thread, rich))
    reader.visit(f"{article.url}?again")
    assert faults_within(reader, scheme) == []
    reader.frame.get_by_role("button", name="Write a comment").click()
    reader.frame.get_by_role("button", name="Post comment").click()
    reader.line("A link").get_by_role("button", name="More actions").click()
    reader.frame.locator(".order summary").click()
    reader.frame.get_by_role("button", name="1 reply").click()
    assert faults_within(reader, scheme) == []


def faults_within(reader: Reader, scheme: str) -> list[str]:
    """The frame lets the page shine through, which axe cannot see: it is told the page's ground."""
    expect(reader.frame.locator("html")).to_have_attribute("data-scheme", scheme)
    reader.inside.evaluate("css => { document.body.style.cssText = css; }", GROUNDS[scheme])
    return violations(reader.inside)


@SCHEMES
def test_axe_finds_no_fault_where_one_signs_in(
    new_reader: Callable[..., Reader], article: Article, scheme: str
) -> None:
    reader = new_reader(color_scheme=scheme)
    reader.visit(article.url)
    reader.frame.get_by_role("button", name="Write a comment").click()
    with reader.context.expect_page() as opened:
        reader.frame.get_by_role("button", name="Sign in").click()
    popup = opened.value
    expect(popup.get_by_role("heading", name="Sign in", level=1)).to_be_visible()
    assert violations(popup) == []
    reader.log_in(popup, "cy")
    expect(popup.get_by_role("button", name="Continue as Cy")).to_be_visible()
    assert violations(popup) == []


@SCHEMES
def test_axe_finds_no_fault_in_the_pages_of_accounts(
    new_reader: Callable[..., Reader], site: Site, scheme: str
) -> None:
    reader = new_reader(color_scheme=scheme)
    for path in ACCOUNT_PAGES:
        assert faults_of(reader.page, f"{site.url}/accounts/{path}/") == [], path
    reader.page.goto(f"{site.url}/accounts/login/")
    reader.log_in(reader.page, "cy")
    reader.page.wait_for_url(f"{site.url}/")
    for path in OWN_PAGES:
        assert faults_of(reader.page, f"{site.url}/accounts/{path}/") == [], path


@SCHEMES
def test_axe_finds_no_fault_in_the_demo_and_in_pages_of_their_own(
    new_reader: Callable[..., Reader], site: Site, scheme: str
) -> None:
    reader = new_reader(color_scheme=scheme)
    reader.forgive("40[034]")
    alone = f"{site.url}/embed/comments/?f=gazette&t_i=alone"
    for url in (f"{site.url}/", f"{site.demo}/", f"{site.demo}/bread", f"{site.demo}/nothing"):
        assert faults_of(reader.page, url) == [], url
    for url in (alone, f"{site.url}/embed/comments/?f=nowhere", f"{site.url}/embed/sign-in/?f=gazette"):
        assert faults_of(reader.page, url) == [], url


def faults_of(page: Page, url: str) -> list[str]:
    """Each page has one first heading, or is a part of somebody else's page; and breaks no rule."""
    page.goto(url)
    heading = page.get_by_role("heading", level=2 if "/embed/comments/" in url else 1)
    expect(heading.first).to_have_text(re.compile(r"\w"))
    return violations(page)
