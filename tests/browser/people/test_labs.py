"""The keys of the labs: who has chosen them steps among the comments and acts by them, and nobody else."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Article
from tests.browser.stage.axe import violations
from tests.browser.stage.readers import Reader
from tests.browser.stage.serving import Site


def choose(reader: Reader, site: Site) -> None:
    reader.page.goto(f"{site.url}/accounts/labs/")
    reader.page.get_by_label("Keys among the comments").check()
    reader.page.get_by_role("button", name="Save", exact=True).click()
    expect(reader.page.get_by_text("Saved.")).to_be_visible()


def reads_again(reader: Reader, article: Article) -> None:
    """Until her frame has fetched what she has chosen: another process may hear of it a moment later."""
    for _ in range(20):
        with reader.page.expect_response("**/embed/do/mine") as answer:
            reader.visit(article.url)
        if answer.value.json()["labs"]:
            return
    raise AssertionError("nobody has heard of her choice")


def test_keys_step_reply_vote_and_fold_for_who_has_chosen_them(
    new_reader: Callable[..., Reader], article: Article, site: Site
) -> None:
    site.say(article.thread, "Third.")
    site.say(article.thread, "Reply.", to=site.say(article.thread, "Second."))
    site.say(article.thread, "First.")
    reader = new_reader()
    reader.visit_as("cy", article.url)
    lines = reader.frame.locator("#read .line > article")
    keys = reader.page.keyboard
    reader.frame.get_by_role("heading", name="4 comments").click()
    keys.press("j")
    expect(reader.frame.locator("article:focus")).to_have_count(0)
    choose(reader, site)
    with reader.page.expect_response("**/keys*.js"):
        reads_again(reader, article)
    order = lines.locator("> .text").all_inner_texts()
    reader.frame.get_by_role("heading", name="4 comments").click()
    expect_after(reader, "j", order[0])
    expect_after(reader, "j", order[1])
    expect_after(reader, "k", order[0])
    while reader.frame.locator("article:focus").inner_text().count("Second.") == 0:
        keys.press("j")
    keys.press("u")
    expect(reader.line("Second.").locator(".score")).to_have_text("1")
    keys.press("f")
    expect(reader.line("Reply.")).to_be_hidden()
    keys.press("f")
    expect(reader.line("Reply.")).to_be_visible()
    keys.press("r")
    box = reader.frame.get_by_role("textbox", name="Your comment")
    expect(box).to_be_focused()
    keys.type("jkruf?")
    expect(box).to_have_value("jkruf?")
    reader.frame.get_by_role("button", name="Cancel").click()


def expect_after(reader: Reader, key: str, text: str) -> None:
    reader.page.keyboard.press(key)
    expect(reader.frame.locator("article:focus > .text")).to_have_text(text)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_question_mark_shows_the_keys_in_the_place_and_escape_leads_back(
    new_reader: Callable[..., Reader], article: Article, site: Site, scheme: str
) -> None:
    site.say(article.thread, "Rye.")
    reader = new_reader(color_scheme=scheme, viewport={"width": 390, "height": 844})
    reader.visit_as("cy", article.url)
    choose(reader, site)
    assert violations(reader.page) == []
    with reader.page.expect_response("**/keys*.js"):
        reads_again(reader, article)
    reader.frame.get_by_role("heading", name="1 comment").click()
    reader.page.keyboard.press("j")
    reader.page.keyboard.press("?")
    shown = reader.frame.get_by_role("region", name="Keys")
    expect(shown).to_be_focused()
    expect(shown).to_contain_text("next comment")
    assert violations(reader.inside) == []
    reader.page.keyboard.press("Escape")
    expect(shown).to_have_count(0)
    expect(reader.line("Rye.")).to_be_focused()
