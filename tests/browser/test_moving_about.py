"""Several threads, pages that grow or change under the reader, permalinks, and the way back."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Article, Embed, loader
from tests.browser.stage.hosting import Hosting
from tests.browser.stage.readers import Reader
from tests.browser.stage.serving import Site

LONG = '<h1>An article</h1><div style="height: 3000px">A long text.</div>'


def test_several_threads_on_one_page_are_apart(reader: Reader, hosting: Hosting, site: Site) -> None:
    body = '<div data-descant data-identifier="left"></div><div data-descant data-identifier="right"></div>'
    reader.page.goto(hosting.put("/several", body + loader(site)))
    reader.awake(2)
    reader.write("Said on the left.")
    reader.page.reload()
    left, right = (reader.page.frame_locator("iframe").nth(number) for number in (0, 1))
    expect(left.get_by_text("Said on the left.")).to_be_visible()
    expect(right.get_by_text("Nobody has spoken yet.")).to_be_visible()


def test_containers_that_come_later_get_their_frames(reader: Reader, embed: Embed) -> None:
    reader.visit(embed("/endless", identifier="endless-1"))
    reader.page.evaluate(
        """() => {
          const next = document.createElement('article');
          next.innerHTML = '<h2>The next article</h2><div data-descant data-identifier="endless-2"></div>';
          document.body.append(next);
        }"""
    )
    expect(reader.page.locator("article iframe")).to_have_count(1)
    reader.awake(2)
    expect(reader.page.frame_locator("article iframe").get_by_text("Nobody has spoken yet.")).to_be_visible()


def test_a_page_that_navigates_itself_swaps_threads_and_back_needs_no_extra_steps(
    reader: Reader, embed: Embed, article: Article, site: Site
) -> None:
    site.say(article.thread, "On the second page.")
    start = embed("/start", body="<h1>Start</h1>")
    reader.page.goto(start)
    url = embed("/single", identifier="single", body="<h1>First</h1>")
    reader.visit(url)
    entries = reader.page.evaluate("history.length")
    reader.page.evaluate(
        """identifier => {
          history.pushState({}, '', '/single/second');
          document.querySelector('h1').textContent = 'Second';
          const old = document.getElementById('discussion');
          const fresh = old.cloneNode(false);
          fresh.dataset.identifier = identifier;
          old.replaceWith(fresh);
        }""",
        article.thread["identifier"],
    )
    expect(reader.line("On the second page.")).to_be_visible()
    expect(reader.page.locator("iframe")).to_have_count(1)
    assert reader.page.evaluate("history.length") == entries + 1
    reader.page.go_back()
    expect(reader.page).to_have_url(url)
    reader.page.go_back()
    expect(reader.page).to_have_url(start)


def test_reading_on_in_the_frame_leaves_no_steps_to_go_back(
    reader: Reader, article: Article, site: Site
) -> None:
    for number in range(27):
        site.say(article.thread, f"Number {number}.")
    frame = reader.visit(article.url)
    entries = reader.page.evaluate("history.length")
    frame.get_by_role("link", name="More comments").click()
    expect(frame.locator(".line")).to_have_count(27)
    frame.locator(".order summary").click()
    frame.get_by_role("link", name="Newest").click()
    expect(frame.locator(".line").first).to_contain_text("Number 26.")
    assert reader.page.evaluate("history.length") == entries


def test_a_permalink_opens_its_comment_in_its_place(reader: Reader, embed: Embed, site: Site) -> None:
    url = embed("/deep", identifier="deep", body=LONG)
    thread = {"identifier": "deep", "url": url, "title": "deep"}
    top = above = site.say(thread, "The first.")
    for number in range(6):
        above = site.say(thread, f"Answer {number}.", to=above)
    for number in range(30):
        site.say(thread, f"Other {number}.")
    reader.visit(f"{url}#descant-{above}")
    target = reader.line("Answer 5.")
    expect(target).to_be_focused()
    expect(target).to_be_in_viewport()
    expect(target).to_have_accessible_name("Comment by Ilse, just now, 0 replies, level 7")
    assert reader.page.evaluate("scrollY") > 1000
    first = reader.frame.locator(f"#comment-{top}")
    expect(first).to_contain_text("The first.")
    expect(first.locator(f"#comment-{above}")).to_have_count(1)
    expect(reader.frame.get_by_role("link", name="Show the whole thread")).to_be_visible()


@pytest.mark.parametrize("kind", ["descant", "comment"])
def test_a_permalink_within_the_page_shows_its_comment(
    reader: Reader, embed: Embed, site: Site, kind: str
) -> None:
    url = embed("/within", identifier="within", body=LONG)
    thread = {"identifier": "within", "url": url, "title": "within"}
    asked = site.say(thread, "Look here.")
    entries = reader.page.goto(url) and reader.page.evaluate("history.length")
    reader.page.evaluate("scrollTo(0, 1e6)")
    reader.awake()
    reader.page.evaluate("scrollTo(0, 0)")
    reader.page.evaluate("name => location.replace(`#${name}`)", f"{kind}-{asked}")
    expect(reader.line("Look here.")).to_be_focused()
    expect(reader.line("Look here.")).to_be_in_viewport()
    assert reader.page.evaluate("history.length") == entries


def test_the_time_of_a_comment_is_its_address_on_the_site(
    reader: Reader, article: Article, site: Site
) -> None:
    number = site.say(article.thread, "When was this?")
    reader.visit(article.url)
    when = reader.line("When was this?").get_by_role("link", name="just now")
    expect(when).to_have_attribute("href", f"{article.url}#descant-{number}")
    expect(when).to_have_attribute("target", "_top")
    expect(when.locator("time")).to_have_attribute("title", re.compile(r"20\d\d"))
