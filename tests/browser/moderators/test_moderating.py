"""What an owner does in the frame: hide, restore, approve, close."""

from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.conftest import Article, Embed, new_article
from tests.browser.stage.axe import violations
from tests.browser.stage.readers import Reader
from tests.browser.stage.serving import Site


def test_the_owner_hides_and_restores_a_comment(
    new_reader: Callable[..., Reader], article: Article, site: Site
) -> None:
    unkind = site.say(article.thread, "Something unkind.")
    site.say(article.thread, "Please be kind.", to=unkind)
    ann, other = new_reader(), new_reader()
    ann.visit_as("ann", article.url)
    ann.more(ann.line("Something unkind."), "Hide")
    expect(ann.frame.get_by_role("heading", name="1 comment", exact=True)).to_be_visible()
    other.visit(article.url)
    expect(other.frame.get_by_text("A moderator has hidden this comment.")).to_be_visible()
    expect(other.line("Please be kind.")).to_be_visible()
    expect(other.line("Something unkind.")).to_have_count(0)
    for _ in ("where it was hidden", "and on a page where everybody else finds a mark"):
        line = ann.line("Something unkind.")
        expect(line).to_contain_text("Hidden. Only moderators see it.")
        expect(line.get_by_role("button", name="Vote up")).to_be_hidden()
        expect(line.get_by_role("button", name="Reply")).to_be_hidden()
        ann.visit(article.url)
    ann.more(ann.line("Something unkind."), "Restore")
    expect(ann.line("Something unkind.")).not_to_contain_text("Only moderators see it.")
    expect(ann.line("Something unkind.").get_by_role("button", name="Vote up")).to_be_visible()
    expect(ann.frame.get_by_role("heading", name="2 comments", exact=True)).to_be_visible()
    other.visit(article.url)
    expect(other.line("Something unkind.")).to_be_visible()


def test_what_was_hidden_and_left_no_mark_stands_folded_below_for_the_owner(
    new_reader: Callable[..., Reader], article: Article, site: Site
) -> None:
    site.say(article.thread, "Rye.")
    site.say(article.thread, "Buy sawdust.")
    ann, other = new_reader(), new_reader()
    ann.visit_as("ann", article.url)
    expect(ann.frame.get_by_text("Hidden comments")).to_be_hidden()
    ann.more(ann.line("Buy sawdust."), "Spam")
    expect(ann.line("Buy sawdust.")).to_contain_text("Spam. Only moderators see it.")
    ann.visit(article.url)
    expect(ann.line("Rye.")).to_be_visible()
    expect(ann.line("Buy sawdust.")).to_be_hidden()
    ann.frame.get_by_text("Hidden comments").click()
    expect(ann.line("Buy sawdust.")).to_contain_text("Spam. Only moderators see it.")
    assert violations(ann.inside) == []
    other.visit(article.url)
    expect(other.frame.get_by_text("Hidden comments")).to_be_hidden()
    ann.more(ann.line("Buy sawdust."), "Approve")
    expect(ann.line("Buy sawdust.").get_by_role("button", name="Vote up")).to_be_visible()
    other.visit(article.url)
    expect(other.line("Buy sawdust.")).to_be_visible()


def test_the_owner_closes_the_thread_and_opens_it_again(
    new_reader: Callable[..., Reader], article: Article, site: Site
) -> None:
    site.say(article.thread, "The last word?")
    ann, other = new_reader(), new_reader()
    ann.visit_as("ann", article.url)
    ann.frame.get_by_role("button", name="Close thread").click()
    expect(ann.frame.get_by_role("button", name="Open thread")).to_be_visible()
    frame = other.visit(article.url)
    expect(frame.get_by_text("This thread is closed.")).to_be_visible()
    expect(frame.get_by_role("button", name="Write a comment")).to_be_hidden()
    expect(frame.get_by_role("button", name="Reply")).to_be_hidden()
    expect(frame.get_by_role("button", name="Close thread")).to_be_hidden()
    ann.frame.get_by_role("button", name="Open thread").click()
    expect(ann.frame.get_by_role("button", name="Close thread")).to_be_visible()
    other.visit(article.url)
    expect(frame.get_by_role("button", name="Write a comment")).to_be_visible()


def test_a_reader_with_an_account_is_offered_nothing_of_this(
    reader: Reader, article: Article, site: Site
) -> None:
    site.say(article.thread, "Leave me be.")
    reader.visit_as("cy", article.url)
    line = reader.line("Leave me be.")
    line.get_by_role("button", name="More actions").click()
    expect(line.get_by_role("button", name="Copy link")).to_be_visible()
    for act in ("Hide", "Spam", "Restore", "Approve", "Delete"):
        expect(line.get_by_role("button", name=act)).to_have_count(0)
    expect(reader.frame.get_by_role("button", name="Close thread")).to_be_hidden()


def test_the_owner_approves_what_waits(new_reader: Callable[..., Reader], embed: Embed, site: Site) -> None:
    article = new_article(embed, attributes='data-forum="tribune"')
    asked = {"forum": "tribune", "thread": article.thread, "name": "Gus", "key": "asks"}
    site.call("post", {**asked, "text": "Let me in."})
    ann, other = new_reader(), new_reader()
    ann.visit_as("ann", article.url)
    expect(ann.line("Let me in.")).to_contain_text("Waits for a moderator.")
    ann.more(ann.line("Let me in."), "Approve")
    expect(ann.line("Let me in.").get_by_role("button", name="Vote up")).to_be_visible()
    expect(ann.line("Let me in.")).not_to_contain_text("Waits for a moderator.")
    other.visit(article.url)
    expect(other.line("Let me in.")).to_be_visible()


def test_a_reader_flags_and_the_owner_bans(
    new_reader: Callable[..., Reader], article: Article, site: Site
) -> None:
    site.say(article.thread, "Buy sawdust.")
    cy, ann = new_reader(), new_reader()
    cy.visit(article.url)
    cy.more(cy.line("Buy sawdust."), "Flag")
    asked = cy.line("Buy sawdust.").locator("form.ask")
    asked.get_by_label("What is wrong?").select_option("spam")
    assert violations(cy.inside) == []
    asked.get_by_role("button", name="Flag").click()
    expect(cy.line("Buy sawdust.")).to_contain_text("A moderator will look at it.")
    ann.visit_as("ann", article.url)
    ann.more(ann.line("Buy sawdust."), "Ban")
    asked = ann.line("Buy sawdust.").locator("form.ask")
    asked.get_by_label("Ban by").select_option("author")
    asked.get_by_label("Reason, which is told").fill("advertising")
    assert violations(ann.inside) == []
    ann.page.keyboard.press("Enter")
    expect(ann.line("Buy sawdust.")).to_contain_text("The ban is in force.")


def test_what_the_owner_pins_stands_above_all(
    new_reader: Callable[..., Reader], article: Article, site: Site
) -> None:
    site.say(article.thread, "Read this first.")
    site.say(article.thread, "Rye.")
    ann, other = new_reader(), new_reader()
    ann.visit_as("ann", article.url)
    ann.more(ann.line("Read this first."), "Pin")
    expect(ann.line("Read this first.")).to_contain_text("Pinned to the top of the thread.")
    other.visit(article.url)
    expect(other.frame.locator(".pinned")).to_contain_text("Read this first.")
    assert violations(other.inside) == []


def test_an_author_is_told_and_asks_to_look_again(
    new_reader: Callable[..., Reader], article: Article, site: Site
) -> None:
    cy, ann = new_reader(), new_reader()
    cy.visit(article.url)
    cy.write("Rye, of course.")
    ann.visit_as("ann", article.url)
    ann.more(ann.line("Rye, of course."), "Hide")
    expect(ann.line("Rye, of course.")).to_contain_text("Only moderators see it.")
    cy.visit(article.url)
    told = cy.frame.get_by_role("region", name="About your comments")
    expect(told).to_contain_text("A moderator has hidden your comment of")
    told.get_by_role("button", name="Ask to look again").click()
    told.get_by_label("What should the moderators know?").fill("It was about bread.")
    assert violations(cy.inside) == []
    told.get_by_role("button", name="Ask to look again").last.click()
    expect(told).to_contain_text("A moderator will look at it again, and answer here.")
    cy.visit(article.url)
    expect(told).to_contain_text("You have asked to look at it again.")
    expect(told.get_by_role("button")).to_have_count(0)
