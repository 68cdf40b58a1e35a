"""A guest writes, and the comment is there for others."""

import time
from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.conftest import Article, Embed, new_article
from tests.browser.stage.readers import Reader, element
from tests.browser.stage.serving import Site

FIRST_READ = "Comments are read by a moderator before they are shown. A moderator will look at this first."


def test_a_guest_writes_and_another_browser_shows_it(
    new_reader: Callable[..., Reader], article: Article
) -> None:
    gus, other = new_reader(), new_reader()
    gus.visit(article.url)
    written = gus.write("The **first** word.", name="Gus")
    expect(written).to_be_focused()
    expect(written.locator("strong")).to_have_text("first")
    expect(gus.frame.get_by_role("heading", name="1 comment", exact=True)).to_be_visible()
    expect(gus.frame.get_by_role("status")).to_have_text("Your comment is posted.")
    expect(gus.frame.get_by_text("Nobody has spoken yet.")).to_have_count(0)
    other.visit(article.url)
    expect(other.line("The first word.")).to_be_visible()
    expect(other.line("The first word.").get_by_role("heading")).to_have_text("Gus")


def test_a_reply_stands_below_what_it_answers(reader: Reader, article: Article, site: Site) -> None:
    site.say(article.thread, "Who rang the bell?")
    site.say(article.thread, "Something else.")
    reader.visit(article.url)
    reply = reader.write("The baker.", to="Who rang the bell?")
    parent = element(reader.line("Who rang the bell?"))
    expect(parent.locator("> ol > .line > article")).to_contain_text("The baker.")
    reader.visit(article.url)
    expect(reply).to_have_accessible_name("Comment by Gus, just now, 0 replies, level 2")
    expect(parent.locator("> ol > .line > article")).to_contain_text("The baker.")


def test_one_edits_her_own_comment_and_nobody_elses(reader: Reader, article: Article, site: Site) -> None:
    site.say(article.thread, "Not mine.")
    reader.visit(article.url)
    mine = reader.write("A tpyo.")
    reader.more(mine, "Edit")
    box = reader.frame.get_by_role("textbox", name="Your comment")
    expect(box).to_have_value("A tpyo.")
    box.fill("A *typo*.")
    reader.frame.get_by_role("button", name="Save").click()
    expect(reader.line("A typo.")).to_be_focused()
    expect(reader.line("A typo.")).to_contain_text("edited")
    reader.line("Not mine.").get_by_role("button", name="More actions").click()
    expect(reader.line("Not mine.").get_by_role("button", name="Copy link")).to_be_visible()
    expect(reader.line("Not mine.").get_by_role("button", name="Edit")).to_have_count(0)


def test_one_deletes_her_own_comment_after_a_second_press(
    new_reader: Callable[..., Reader], article: Article
) -> None:
    gus, other = new_reader(), new_reader()
    gus.visit(article.url)
    mine = gus.write("Said too soon.")
    gus.more(mine, "Delete")
    expect(mine).to_be_visible()
    mine.get_by_role("button", name="Delete for good").click()
    expect(mine).to_have_text("This comment was deleted.")
    expect(mine).to_be_focused()
    other.visit(article.url)
    expect(other.frame.get_by_text("Nobody has spoken yet.")).to_be_visible()


def test_a_vote_is_given_turned_and_taken_back(
    new_reader: Callable[..., Reader], article: Article, site: Site
) -> None:
    site.say(article.thread, "Worth a vote.")
    gus, other = new_reader(), new_reader()
    gus.visit(article.url)
    line = gus.line("Worth a vote.")
    up, down = line.get_by_role("button", name="Vote up"), line.get_by_role("button", name="Vote down")
    up.click()
    expect(line.locator(".score")).to_have_text("1")
    gus.visit(article.url)
    expect(up).to_have_attribute("aria-pressed", "true")
    expect(line.locator(".score")).to_have_text("1")
    wait_until_shown(other, article, "1")
    expect(other.line("Worth a vote.").get_by_role("button", name="Vote up")).to_have_attribute(
        "aria-pressed", "false"
    )
    down.click()
    expect(line.locator(".score")).to_have_text("-1")
    down.click()
    expect(line.locator(".score")).to_have_text("0")
    expect(down).to_have_attribute("aria-pressed", "false")


def wait_until_shown(reader: Reader, article: Article, score: str) -> None:
    """A page is not made anew for each vote: others see what it comes to some seconds later."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        reader.visit(article.url)
        if reader.line("Worth a vote.").locator(".score").inner_text() == score:
            return
        time.sleep(0.5)
    expect(reader.line("Worth a vote.").locator(".score")).to_have_text(score)


def test_a_vote_is_still_shown_in_another_order(reader: Reader, article: Article, site: Site) -> None:
    for text in ("Worth a vote.", "Worth none."):
        site.say(article.thread, text)
    frame = reader.visit(article.url)
    up = reader.line("Worth a vote.").get_by_role("button", name="Vote up")
    up.click()
    expect(reader.line("Worth a vote.").locator(".score")).to_have_text("1")
    reader.visit(article.url)
    expect(up).to_have_attribute("aria-pressed", "true")
    frame.locator(".order summary").click()
    frame.get_by_role("link", name="Oldest").click()
    expect(frame.locator(".order summary")).to_have_text("Order: Oldest")
    expect(up).to_have_attribute("aria-pressed", "true")


def test_a_draft_survives_a_reload_and_ends_with_the_sending(reader: Reader, article: Article) -> None:
    frame = reader.visit(article.url)
    frame.get_by_role("button", name="Write a comment").click()
    box = frame.get_by_role("textbox", name="Your comment")
    box.fill("Half a thou")
    reader.visit(article.url)
    expect(box).to_have_value("Half a thou")
    reader.send("Half a thought, and the rest.", "Gus")
    expect(reader.line("and the rest.").get_by_role("button", name="Reply")).to_be_visible()
    reader.visit(article.url)
    expect(reader.line("and the rest.")).to_be_visible()
    expect(box).to_have_count(0)


def test_the_preview_is_what_will_be_shown(reader: Reader, article: Article) -> None:
    frame = reader.visit(article.url)
    frame.get_by_role("button", name="Write a comment").click()
    box = frame.get_by_role("textbox", name="Your comment")
    box.fill("warm bread")
    box.select_text()
    frame.get_by_role("button", name="Bold").click()
    expect(box).to_have_value("**warm bread**")
    frame.get_by_role("button", name="Preview").click()
    preview = frame.get_by_role("region", name="Preview")
    expect(preview.locator("strong")).to_have_text("warm bread")
    expect(box).to_be_hidden()
    frame.get_by_role("button", name="Preview").click()
    expect(box).to_be_focused()


def test_what_is_missing_is_said_before_anything_is_sent(reader: Reader, article: Article) -> None:
    frame = reader.visit(article.url)
    frame.get_by_role("button", name="Write a comment").click()
    send = frame.get_by_role("button", name="Post comment")
    send.click()
    expect(frame.get_by_text("Write something first.").first).to_be_visible()
    frame.get_by_role("textbox", name="Your comment").fill("Anonymous?")
    send.click()
    expect(frame.get_by_text("Give a name, or sign in.").first).to_be_visible()
    expect(frame.get_by_role("textbox", name="Name", exact=True)).to_be_focused()
    assert not any("/embed/do/" in url for url in reader.requests)


def test_a_comment_that_waits_is_shown_to_its_author_with_the_reason(
    new_reader: Callable[..., Reader], embed: Embed
) -> None:
    gus, other = new_reader(), new_reader()
    url = embed("/waiting", identifier="waiting", attributes='data-forum="tribune"')
    gus.visit(url)
    gus.frame.get_by_role("button", name="Write a comment").click()
    gus.send("May I?", "Gus")
    expect(gus.line("May I?")).to_contain_text(FIRST_READ)
    expect(gus.line("May I?").get_by_role("button", name="Vote up")).to_be_hidden()
    gus.visit(url)
    expect(gus.line("May I?")).to_contain_text(FIRST_READ)
    other.visit(url)
    expect(other.frame.get_by_text("Nobody has spoken yet.")).to_be_visible()


def test_an_edit_that_waits_is_shown_to_its_author_where_others_find_a_mark(
    new_reader: Callable[..., Reader], embed: Embed
) -> None:
    gus, ann = new_reader(), new_reader()
    article = new_article(embed, attributes='data-forum="tribune"')
    gus.visit(article.url)
    gus.frame.get_by_role("button", name="Write a comment").click()
    gus.send("Rye.", "Gus")
    expect(gus.line("Rye.")).to_contain_text(FIRST_READ)
    ann.visit_as("ann", article.url)
    ann.more(ann.line("Rye."), "Approve")
    expect(ann.line("Rye.").get_by_role("button", name="Vote up")).to_be_visible()
    ann.line("Rye.").get_by_role("button", name="Reply").click()
    ann.send("Tell us more.")
    expect(ann.line("Tell us more.").get_by_role("button", name="Vote up")).to_be_visible()
    gus.visit(article.url)
    gus.more(gus.line("Rye."), "Edit")
    gus.frame.get_by_role("textbox", name="Your comment").fill("Rye, and sawdust.")
    gus.frame.get_by_role("button", name="Save").click()
    for _ in ("at once", "and after a reload"):
        expect(gus.line("Rye, and sawdust.")).to_contain_text(FIRST_READ)
        expect(gus.line("Tell us more.")).to_be_visible()
        gus.visit(article.url)
    ann.visit(article.url)
    expect(ann.line("Rye, and sawdust.")).to_contain_text("Waits for a moderator.")
