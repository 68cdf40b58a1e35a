"""A reader follows a thread, finds in the frame that something was said there, and reads it on her page of notices."""

import re
from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.conftest import Article
from tests.browser.stage.axe import violations
from tests.browser.stage.readers import Reader
from tests.browser.stage.serving import Site


def test_she_follows_a_thread_and_is_told(
    new_reader: Callable[..., Reader], article: Article, site: Site
) -> None:
    site.say(article.thread, "Is there bread?", name="Odd")
    cy = new_reader()
    cy.visit_as("cy", article.url)
    follow = cy.frame.get_by_role("button", name="Follow this thread")
    follow.click()
    expect(follow).to_have_attribute("aria-pressed", "true")
    assert violations(cy.inside) == []
    site.say(article.thread, "There is rye.", name="Ilse")
    notices = cy.page
    for _ in range(60):
        notices.goto(f"{site.url}/accounts/notices/")
        if notices.get_by_text("There is rye.").count():
            break
        notices.wait_for_timeout(1_000)
    expect(notices.get_by_text(re.compile("^Ilse wrote on .*, which you follow:$"))).to_be_visible()
    assert violations(notices.main_frame) == []
    notices.get_by_role("button", name="Follow no more").click()
    expect(notices.get_by_text("Saved.")).to_be_visible()
    cy.visit(article.url)
    expect(cy.frame.get_by_role("button", name="Follow this thread")).to_have_attribute(
        "aria-pressed", "false"
    )
    expect(cy.frame.get_by_role("link", name=re.compile("^Notices"))).to_be_visible()


def test_a_guest_is_offered_mail_when_she_gives_an_address(
    new_reader: Callable[..., Reader], article: Article
) -> None:
    gus = new_reader()
    gus.visit(article.url)
    expect(gus.frame.get_by_role("button", name="Follow this thread")).to_be_hidden()
    gus.frame.get_by_role("button", name="Write a comment").click()
    wish = gus.frame.get_by_label("Tell me of replies by mail")
    expect(wish).to_be_hidden()
    gus.frame.get_by_label("E-mail, if you like").fill("gus@mail.example")
    wish.check()
    assert violations(gus.inside) == []
    gus.send("Is there bread?", name="Gus")
    expect(gus.line("Is there bread?")).to_be_visible()
