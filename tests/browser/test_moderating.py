"""What an owner does in the frame: hide, restore, approve, close."""

from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.conftest import Article, Embed, new_article
from tests.browser.stage.readers import Reader
from tests.browser.stage.serving import Site


def test_the_owner_hides_and_restores_a_comment(
    new_reader: Callable[..., Reader], article: Article, site: Site
) -> None:
    unkind = site.say(article.thread, "Something unkind.")
    site.say(article.thread, "Please be kind.", to=unkind)
    ann, other = new_reader(), new_reader()
    signed_in(ann, article.url)
    ann.more(ann.line("Something unkind."), "Hide")
    expect(ann.frame.locator(f"#comment-{unkind}")).to_have_attribute("data-state", "hidden")
    other.visit(article.url)
    expect(other.frame.get_by_text("A moderator has hidden this comment.")).to_be_visible()
    expect(other.line("Please be kind.")).to_be_visible()
    expect(other.line("Something unkind.")).to_have_count(0)
    ann.more(ann.frame.locator(f"#comment-{unkind} > article"), "Restore")
    expect(ann.line("Something unkind.")).to_be_visible()
    other.visit(article.url)
    expect(other.line("Something unkind.")).to_be_visible()


def test_the_owner_closes_the_thread_and_opens_it_again(
    new_reader: Callable[..., Reader], article: Article, site: Site
) -> None:
    site.say(article.thread, "The last word?")
    ann, other = new_reader(), new_reader()
    signed_in(ann, article.url)
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
    signed_in(reader, article.url, "cy")
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
    signed_in(ann, article.url)
    expect(ann.line("Let me in.")).to_contain_text("Waits for a moderator.")
    ann.more(ann.line("Let me in."), "Approve")
    expect(ann.line("Let me in.").get_by_role("button", name="Vote up")).to_be_visible()
    expect(ann.line("Let me in.")).not_to_contain_text("Waits for a moderator.")
    other.visit(article.url)
    expect(other.line("Let me in.")).to_be_visible()


def signed_in(reader: Reader, url: str, username: str = "ann") -> None:
    reader.visit(url)
    reader.frame.get_by_role("button", name="Write a comment").click()
    reader.sign_in(username)
    reader.frame.get_by_role("button", name="Cancel").click()
