"""Signing in through our pop-up, where no third-party cookie is kept and whatever the page says of its openers."""

import json
import urllib.error
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Article, Embed, new_article
from tests.browser.stage.axe import violations
from tests.browser.stage.hosting import Hosting
from tests.browser.stage.readers import Reader
from tests.browser.stage.serving import PASSWORD, Site

THIRD = "third=1; SameSite=None; Secure; Path=/"
PARTED = "parted=1; SameSite=None; Secure; Path=/; Partitioned"
NO_STORAGE = """
if (window !== top) Object.defineProperty(window, 'localStorage', {
  get() { throw new DOMException('Access is denied for this document.', 'SecurityError'); },
});
"""


def test_the_browser_keeps_no_third_party_cookies(reader: Reader, hosting: Hosting) -> None:
    hosting.put("/cookies", "<p>{cookies}</p>", headers={"Set-Cookie": f"{THIRD}\n{PARTED}"})
    frame = f'<iframe src="{hosting.as_our_own_site}/cookies"></iframe>'
    outside = hosting.put("/frames-cookies", frame)
    reader.page.goto(f"{hosting.as_our_own_site}/cookies")
    reader.page.reload()
    expect(reader.page.locator("p")).to_contain_text("third=1")
    reader.page.goto(outside)
    reader.page.reload()
    # The partitioned one shows that nothing else stood in the way.
    expect(reader.page.frame_locator("iframe").locator("p")).to_have_text("parted=1")


@pytest.mark.parametrize(
    "headers", [{}, {"Cross-Origin-Opener-Policy": "same-origin"}], ids=["open", "severed"]
)
def test_signing_in_through_the_popup_gives_the_frame_an_account(
    new_reader: Callable[..., Reader], embed: Embed, headers: dict[str, str]
) -> None:
    cy, other = new_reader(), new_reader()
    article = new_article(embed, headers=headers)
    cy.visit(article.url)
    cy.frame.get_by_role("button", name="Write a comment").click()
    cy.sign_in("cy")
    expect(cy.frame.get_by_role("textbox", name="Name", exact=True)).to_be_hidden()
    cy.send("Signed.")
    expect(cy.line("Signed.").get_by_role("button", name="Vote up")).to_be_visible()
    expect(cy.line("Signed.").get_by_role("heading")).to_have_text("Cy")
    other.visit(article.url)
    expect(other.line("Signed.").get_by_role("heading")).to_have_text("Cy")


def test_the_popup_names_the_forum_and_its_sites_before_it_grants(reader: Reader, article: Article) -> None:
    reader.visit(article.url)
    reader.frame.get_by_role("button", name="Write a comment").click()
    with reader.context.expect_page() as opened:
        reader.frame.get_by_role("button", name="Sign in").click()
    popup = opened.value
    reader.log_in(popup, "cy")
    expect(popup.get_by_role("heading")).to_have_text("Sign in to the comments of gazette")
    expect(popup.get_by_role("listitem").filter(has_text="127.0.0.1").first).to_be_visible()
    expect(reader.frame.get_by_text("You write as")).to_be_hidden()


def test_the_window_of_an_arabic_frame_is_arabic_and_runs_from_the_right(
    new_reader: Callable[..., Reader], embed: Embed
) -> None:
    cy = new_reader(locale="en-GB")
    cy.visit(new_article(embed, attributes='data-lang="ar"').url)
    cy.frame.get_by_role("button", name="اكتب تعليقًا").click()
    with cy.context.expect_page() as opened:
        cy.frame.get_by_role("button", name="تسجيل الدخول").click()
    popup = opened.value
    expect(popup.locator("html")).to_have_attribute("dir", "rtl")
    assert popup.evaluate("getComputedStyle(document.querySelector('label')).direction") == "rtl"
    assert popup.evaluate("document.documentElement.scrollWidth <= innerWidth")
    popup.get_by_role("textbox", name="البريد الإلكتروني أو اسم المستخدم").fill("cy")
    popup.get_by_label("كلمة المرور").fill(PASSWORD)
    popup.get_by_role("button", name="تسجيل الدخول", exact=True).click()
    host = popup.get_by_role("listitem").locator("bdi").first.bounding_box()
    row = popup.get_by_role("listitem").first.bounding_box()
    assert host
    assert row
    assert row["x"] + row["width"] - host["x"] - host["width"] < 2  # begins at the right
    assert violations(popup) == []
    popup.get_by_role("button", name="المتابعة باسم Cy").click()
    expect(cy.frame.get_by_text("تكتب باسم")).to_be_visible()


def test_the_token_is_this_forums_alone(reader: Reader, article: Article, site: Site) -> None:
    reader.visit(article.url)
    reader.frame.get_by_role("button", name="Write a comment").click()
    reader.sign_in("cy")
    kept = reader.inside.evaluate("Object.keys(localStorage)")
    assert [key for key in kept if "token" in key] == ["descant:token:gazette"]
    token = json.loads(reader.inside.evaluate("localStorage['descant:token:gazette']"))
    here = {"thread": article.thread, "comments": []}
    assert site.call("mine", {"forum": "gazette", **here}, token)["person"]["name"] == "Cy"
    with pytest.raises(urllib.error.HTTPError, match="401"):
        site.call("mine", {"forum": "tribune", **here}, token)


def test_signing_out_makes_a_stranger_again(reader: Reader, article: Article) -> None:
    frame = reader.visit(article.url)
    frame.get_by_role("button", name="Write a comment").click()
    reader.sign_in("cy")
    frame.get_by_role("button", name="Sign out").click()
    frame.get_by_role("button", name="Write a comment").click()
    expect(frame.get_by_role("textbox", name="Name", exact=True)).to_be_visible()
    expect(frame.get_by_role("button", name="Sign in")).to_be_visible()
    assert reader.inside.evaluate("localStorage['descant:token:gazette']") is None


def test_a_frame_without_storage_writes_and_the_page_around_it_keeps_the_draft(
    reader: Reader, article: Article
) -> None:
    reader.context.add_init_script(NO_STORAGE)
    frame = reader.visit(article.url)
    frame.get_by_role("button", name="Write a comment").click()
    box = frame.get_by_role("textbox", name="Your comment")
    box.fill("Kept outside.")
    reader.visit(article.url)
    expect(box).to_have_value("Kept outside.")
    reader.sign_in("cy")
    frame.get_by_role("button", name="Post comment").click()
    expect(reader.line("Kept outside.").get_by_role("button", name="Vote up")).to_be_visible()
    expect(reader.line("Kept outside.").get_by_role("heading")).to_have_text("Cy")
    reader.more(reader.line("Kept outside."), "Edit")
    expect(frame.get_by_role("button", name="Save")).to_be_visible()
