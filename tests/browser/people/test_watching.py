"""Who reads on while others write: what is new waits for a click, and nothing else moves."""

import time
from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.conftest import Article, Embed, new_article
from tests.browser.stage.readers import Reader
from tests.browser.stage.serving import Site

NewReader = Callable[..., Reader]
FAILED = "Failed to load resource"
# As when another tab lies over this one.
HIDE = """hidden => {
  Object.defineProperty(document, 'hidden', { value: hidden, configurable: true });
  document.dispatchEvent(new Event('visibilitychange'));
}"""
TALL = "<h1>An article</h1>" + "<p>It has a text.</p>" * 40


def test_what_another_writes_waits_for_a_click(new_reader: NewReader, article: Article) -> None:
    ann, bo = new_reader(), new_reader()
    ann.visit(article.url)
    bo.visit(article.url)
    ann.write("Rye is best.")
    expect(bo.frame.get_by_role("button", name="1 new comment")).to_be_visible()
    expect(bo.frame.get_by_role("status")).to_have_text("1 new comment")
    expect(bo.frame.get_by_text("Rye is best.")).to_have_count(0)
    ann.write("No, oats.", to="Rye is best.")
    bo.frame.get_by_role("button", name="2 new comments").click()
    expect(bo.line("Rye is best.")).to_be_focused()
    expect(bo.line("No, oats.")).to_be_visible()
    expect(bo.frame.get_by_role("heading", name="2 comments")).to_be_visible()
    for reader in (ann, bo):
        expect(reader.frame.locator("#news")).to_be_hidden()


def test_who_likes_sees_it_at_once_also_the_next_time(new_reader: NewReader, article: Article) -> None:
    ann, bo = new_reader(), new_reader()
    ann.visit(article.url)
    bo.visit(article.url)
    bo.frame.get_by_role("checkbox", name="Show new comments at once").check()
    ann.write("Rye is best.")
    expect(bo.line("Rye is best.")).to_be_visible()
    expect(bo.frame.get_by_role("status")).to_have_text("1 new comment")
    bo.visit(article.url)
    expect(bo.frame.get_by_role("checkbox", name="Show new comments at once")).to_be_checked()
    ann.write("No, oats.", to="Rye is best.")
    expect(bo.line("No, oats.")).to_be_visible()


def test_who_would_rather_not_is_told_nothing_on_any_site(
    new_reader: NewReader, article: Article, site: Site
) -> None:
    ann, bo, cy = new_reader(), new_reader(), new_reader()
    cy.visit_as("cy", article.url)
    cy.page.goto(f"{site.url}/accounts/preferences/")
    cy.page.get_by_label("Tell me of new comments while I read").uncheck()
    cy.page.get_by_role("button", name="Save", exact=True).click()
    with cy.page.expect_response("**/embed/do/mine"):
        cy.visit(article.url)
    ann.visit(article.url)
    bo.visit(article.url)
    ann.write("Rye is best.")
    expect(bo.frame.get_by_role("button", name="1 new comment")).to_be_visible()
    expect(cy.frame.locator("#news")).to_be_hidden()
    cy.page.goto(f"{site.url}/accounts/preferences/")
    cy.page.get_by_label("Tell me of new comments while I read").check()
    cy.page.get_by_role("button", name="Save", exact=True).click()
    cy.visit(article.url)
    ann.write("No, oats.", to="Rye is best.")
    expect(cy.frame.get_by_role("button", name="1 new comment")).to_be_visible()


def test_what_is_edited_or_deleted_is_so_for_everybody(new_reader: NewReader, article: Article) -> None:
    ann, bo = new_reader(), new_reader()
    ann.visit(article.url)
    said = ann.write("Rye is best.")
    bo.visit(article.url)
    bo.line("Rye is best.").get_by_role("button", name="Vote up").click()
    expect(ann.line("Rye is best.").locator(".score")).to_have_text("1")
    ann.more(said, "Edit")
    ann.frame.get_by_role("textbox", name="Your comment").fill("Rye and salt.")
    ann.frame.get_by_role("button", name="Save").click()
    expect(bo.line("Rye and salt.")).to_contain_text("edited")
    expect(bo.line("Rye and salt.").get_by_role("button", name="Vote up")).to_have_attribute(
        "aria-pressed", "true"
    )
    ann.more(said, "Delete")
    said.get_by_role("button", name="Delete for good").click()
    expect(bo.frame.get_by_text("This comment was deleted.")).to_be_visible()
    expect(bo.frame.get_by_text("Rye and salt.")).to_have_count(0)


def test_who_writes_is_left_alone(new_reader: NewReader, site: Site, article: Article) -> None:
    """Above her a comment comes, the one that she answers is edited, then deleted: text, caret and focus stay."""
    ann, bo = new_reader(), new_reader()
    ann.visit(article.url)
    said = ann.write("Rye is best.")
    bo.visit(article.url)
    bo.frame.get_by_role("checkbox", name="Show new comments at once").check()
    bo.line("Rye is best.").get_by_role("button", name="Reply").click()
    box = bo.frame.get_by_role("textbox", name="Your comment")
    box.fill("I do not think so")
    box.evaluate("box => box.setSelectionRange(2, 4)")
    site.say(article.thread, "Above.")
    expect(bo.line("Above.")).to_be_visible()
    ann.more(said, "Edit")
    ann.frame.get_by_role("textbox", name="Your comment").fill("Rye and salt.")
    ann.frame.get_by_role("button", name="Save").click()
    expect(bo.line("Rye and salt.")).to_be_visible()
    ann.more(said, "Delete")
    said.get_by_role("button", name="Delete for good").click()
    expect(bo.frame.get_by_text("This comment was deleted.")).to_be_visible()
    expect(box).to_be_focused()
    expect(box).to_have_value("I do not think so")
    assert box.evaluate("box => [box.selectionStart, box.selectionEnd]") == [2, 4]


def test_what_comes_above_moves_nothing_that_she_reads(
    new_reader: NewReader, site: Site, embed: Embed
) -> None:
    article = new_article(embed, body=TALL)
    for number in range(12):
        site.say(article.thread, f"Loaf {number}.\n\n" + "Crumbs.\n\n" * 8)
    bo = new_reader()
    bo.visit(article.url)
    bo.frame.get_by_role("checkbox", name="Show new comments at once").check()
    line = bo.line("Loaf 2.")
    line.scroll_into_view_if_needed()
    bo.page.evaluate("scrollBy(0, 40)")
    before = line.bounding_box()
    for number in range(3):
        site.say(article.thread, f"Above {number}.\n\n" + "Crumbs.\n\n" * 8)
    expect(bo.line("Above 2.")).to_be_attached()
    bo.page.wait_for_function("before => scrollY > before", arg=0)
    after = line.bounding_box()
    assert before is not None
    assert after is not None
    assert abs(after["y"] - before["y"]) <= 2


def test_who_was_offline_is_told_what_she_missed(new_reader: NewReader, site: Site, article: Article) -> None:
    bo = new_reader()
    bo.forgive(FAILED)
    bo.visit(article.url)
    site.say(article.thread, "Heard.")
    expect(bo.frame.get_by_role("button", name="1 new comment")).to_be_visible()
    bo.context.set_offline(True)
    bo.inside.evaluate(HIDE, True)  # what is open stays open when a browser is told that it is offline
    for number in range(2):
        site.say(article.thread, f"Missed {number}.")
    bo.inside.evaluate(HIDE, False)
    bo.page.wait_for_timeout(300)
    bo.context.set_offline(False)
    bar = bo.frame.get_by_role("button", name="3 new comments")
    expect(bar).to_be_visible(timeout=60_000)
    bar.click()
    expect(bo.frame.locator(".line")).to_have_count(3)


def test_a_tab_that_nobody_sees_has_no_stream_and_comes_back_for_what_it_missed(
    new_reader: NewReader, site: Site, article: Article
) -> None:
    bo = new_reader()
    ended: list[str] = []
    bo.context.on("requestfailed", lambda request: ended.append(request.url))
    bo.context.on("requestfinished", lambda request: ended.append(request.url))
    bo.visit(article.url)
    site.say(article.thread, "Heard.")
    expect(bo.frame.get_by_role("button", name="1 new comment")).to_be_visible()
    bo.inside.evaluate(HIDE, True)
    until = time.monotonic() + 60
    while not any("/embed/live/" in url for url in ended):
        assert time.monotonic() < until
        bo.page.wait_for_timeout(50)
    said = site.say(article.thread, "Missed.")
    vote(site, said)
    bo.inside.evaluate(HIDE, False)
    bo.frame.get_by_role("button", name="2 new comments").click()
    expect(bo.line("Missed.").locator(".score")).to_have_text("1")
    streams = [url for url in bo.requests if "/embed/live/" in url]
    assert len(streams) == 2
    assert "again=1" in streams[1]


def test_without_streams_it_asks_from_time_to_time(
    new_reader: NewReader, site: Site, article: Article
) -> None:
    bo = new_reader()
    bo.forgive(FAILED)
    bo.page.route("**/embed/live/**", lambda route: route.fulfill(status=503))
    site.say(article.thread, "Known.")
    bo.visit(article.url)
    expect(bo.line("Known.")).to_be_visible()
    said = site.say(article.thread, "New.")
    vote(site, said)
    bo.inside.evaluate(HIDE, True)
    bo.inside.evaluate(HIDE, False)  # instead of waiting for half a minute
    bo.frame.get_by_role("button", name="1 new comment").click()
    expect(bo.line("New.")).to_be_focused()
    bo.inside.evaluate(HIDE, True)
    bo.inside.evaluate(HIDE, False)
    asked = [url for url in bo.requests if "/embed/changes/" in url]
    assert len(asked) == 1, "the page was the same, and nothing more was asked"


def test_a_discussion_that_has_gone_far_is_shown_anew(
    new_reader: NewReader, site: Site, article: Article
) -> None:
    bo = new_reader()
    site.say(article.thread, "Known.")
    bo.visit(article.url)
    bo.inside.evaluate(HIDE, True)
    site.command(
        "manage",
        "shell",
        "-v",
        "0",
        "-c",
        "from descant.discussion.models import Thread\n"
        "from descant.forums.directory import forum_named\n"
        "from descant.discussion.tree.counting import leap\n"
        "from django_headroom.transactions import writing\n"
        "forum = forum_named('gazette')\n"
        "with writing(forum):\n"
        f"    leap(Thread.objects.of(forum).get(url={article.url!r}))\n",
    )
    site.say(article.thread, "Later.")
    bo.inside.evaluate(HIDE, False)
    bo.frame.get_by_role("button", name="The discussion has moved on. Show it anew").click()
    expect(bo.line("Later.")).to_be_visible()


def vote(site: Site, comment: str) -> None:
    """A guest from nowhere likes it."""
    token = site.call("guest", {"forum": "gazette"})["token"]
    site.call("vote", {"forum": "gazette", "comment": comment, "value": 1}, token)
