"""A moderator who reads on while others write and moderate sees what is hidden, and readers do not."""

from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.conftest import Article
from tests.browser.stage.readers import Reader
from tests.browser.stage.serving import Site


def test_what_a_moderator_hides_stays_with_her_when_the_stream_tells_of_it(
    new_reader: Callable[..., Reader], article: Article, site: Site
) -> None:
    ann, bo = new_reader(), new_reader()
    unkind = site.say(article.thread, "Something unkind.")
    site.say(article.thread, "Please be kind.", to=unkind)
    ann.visit_as("ann", article.url)
    bo.visit(article.url)
    ann.more(ann.line("Something unkind."), "Hide")
    expect(bo.frame.get_by_text("A moderator has hidden this comment.")).to_be_visible(timeout=60_000)
    expect(bo.line("Something unkind.")).to_have_count(0)
    site.say(article.thread, "Rye.")
    new = ann.frame.get_by_role("button", name="1 new comment")
    expect(new).to_be_visible(timeout=60_000)  # so her stream has told of what was before
    expect(ann.line("Something unkind.")).to_contain_text("Hidden. Only moderators see it.")
    new.click()
    ann.more(ann.line("Rye."), "Hide")
    expect(ann.line("Rye.")).to_contain_text("Hidden. Only moderators see it.")


def test_what_another_moderator_hides_she_goes_on_reading(
    new_reader: Callable[..., Reader], article: Article, site: Site
) -> None:
    """In her own frame, without a reload: the stream tells everybody of a mark, and her own call what is behind it."""
    at_work, at_home = new_reader(), new_reader()
    site.say(article.thread, "Something unkind.")
    for ann in (at_work, at_home):
        ann.visit_as("ann", article.url)
        expect(ann.line("Something unkind.").get_by_role("button", name="More actions")).to_be_visible()
    at_work.more(at_work.line("Something unkind."), "Hide")
    hidden = at_home.line("Something unkind.")
    expect(hidden).to_contain_text("Hidden. Only moderators see it.", timeout=60_000)
    at_home.more(hidden, "Restore")
    expect(at_work.line("Something unkind.")).not_to_contain_text("Hidden.", timeout=60_000)
