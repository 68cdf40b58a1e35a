"""Reading on: next pages and longer branches, with our scripts and without any."""

from collections.abc import Callable

from playwright.sync_api import Locator, expect

from tests.browser.conftest import Article
from tests.browser.stage.readers import Reader
from tests.browser.stage.serving import Site


def talk(site: Site, article: Article) -> None:
    """Thirty comments, and six answers to the first of them."""
    first = site.say(article.thread, "Number 0.")
    for number in range(1, 30):
        site.say(article.thread, f"Number {number}.")
    for number in range(6):
        site.say(article.thread, f"Answer {number}.", to=first)


def said(lines: Locator) -> list[str]:
    return lines.locator("> article > .text").all_inner_texts()


def test_next_pages_and_branches_join_in_place_without_doubles(
    reader: Reader, article: Article, site: Site
) -> None:
    talk(site, article)
    frame = reader.visit(article.url)
    frame.locator(".order summary").click()
    frame.get_by_role("link", name="Oldest").click()
    lines = frame.locator(".line:not(.stub)")
    expect(frame.get_by_role("link", name="3 more replies")).to_be_visible()
    frame.get_by_role("link", name="3 more replies").click()
    expect(frame.get_by_text("Answer 5.")).to_be_visible()
    expect(frame.get_by_role("link", name="more replies")).to_have_count(0)
    frame.get_by_role("link", name="More comments").click()
    expect(lines).to_have_count(36)
    expect(frame.get_by_role("link", name="More comments")).to_have_count(0)
    expected = ["Number 0.", *(f"Answer {n}." for n in range(6)), *(f"Number {n}." for n in range(1, 30))]
    assert said(lines) == expected
    assert len(set(ids(lines))) == 36


def ids(lines: Locator) -> list[str]:
    return [str(found) for found in lines.evaluate_all("lines => lines.map((line) => line.dataset.id)")]


def test_reading_on_moves_neither_the_page_nor_what_is_read(
    reader: Reader, article: Article, site: Site
) -> None:
    talk(site, article)
    frame = reader.visit(article.url)
    more = frame.get_by_role("link", name="More comments")
    more.scroll_into_view_if_needed()
    before = reader.page.evaluate("scrollY")
    more.click()
    expect(frame.locator(".line:not(.stub)")).to_have_count(33)
    assert reader.page.evaluate("scrollY") == before


def test_the_frame_reads_and_pages_without_javascript(
    new_reader: Callable[..., Reader], article: Article, site: Site
) -> None:
    talk(site, article)
    reader = new_reader(java_script_enabled=False)
    page = reader.page
    page.goto(f"{site.url}/embed/comments/?f=gazette&t_i={article.thread['identifier']}&order=oldest")
    expect(page.get_by_text("Number 0.")).to_be_visible()
    no_script = "To write a comment, switch JavaScript on."
    expect(page.locator("#write")).to_have_text(no_script, use_inner_text=True)
    expect(page.get_by_role("button", name="Reply")).to_have_count(0)
    first = ids_on(page.locator(".line:not(.stub)"))
    page.get_by_role("link", name="More comments").click()
    expect(page.get_by_text("Number 29.")).to_be_visible()
    second = ids_on(page.locator(".line:not(.stub)"))
    assert not set(first) & set(second)
    assert len(first) + len(second) == 33
    page.get_by_role("link", name="Show the whole thread").click()
    page.get_by_role("link", name="3 more replies").click()
    expect(page.get_by_text("Answer 5.")).to_be_visible()
    page.get_by_role("link", name="Show the whole thread").click()
    page.locator(".order summary").click()
    page.get_by_role("link", name="Newest").click()
    expect(page.locator(".line").first).to_contain_text("Number 29.")


def ids_on(lines: Locator) -> list[str]:
    """Without scripts of the page, but those of the browser's tools still read."""
    return [str(lines.nth(number).get_attribute("id")) for number in range(lines.count())]


def test_the_demo_page_leads_to_the_comments_without_javascript(
    new_reader: Callable[..., Reader], site: Site
) -> None:
    reader = new_reader(java_script_enabled=False)
    reader.page.goto(f"{site.demo}/harbours")
    reader.page.get_by_role("link", name="Read the discussion").click()
    expect(reader.page.get_by_text("Except the gulls. The gulls always move.")).to_be_visible()
