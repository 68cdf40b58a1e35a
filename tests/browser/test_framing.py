"""The frame stands under the article as if it belonged there."""

import re
from collections.abc import Callable

from playwright.sync_api import Browser, Route, expect

from tests.browser.conftest import Article, Embed, new_article
from tests.browser.stage.hosting import Hosting
from tests.browser.stage.readers import Reader
from tests.browser.stage.serving import Site

NIGHT = "<style>body { background: rgb(18, 20, 24); color: rgb(232, 230, 225); font-family: Georgia, serif }</style>"


def test_the_frame_stands_under_the_article_and_is_as_high_as_what_it_holds(
    reader: Reader, article: Article
) -> None:
    frame = reader.visit(article.url)
    expect(frame.get_by_text("Nobody has spoken yet. Begin.")).to_be_visible()
    heading = reader.page.get_by_role("heading", name="An article").bounding_box()
    place = reader.page.locator("iframe").bounding_box()
    assert heading
    assert place
    assert place["y"] > heading["y"]
    empty = settled_height(reader)
    frame.get_by_role("button", name="Write a comment").click()
    assert settled_height(reader) > empty
    frame.get_by_role("button", name="Cancel").click()
    assert settled_height(reader) == empty


def settled_height(reader: Reader) -> float:
    """The frame's height, once it is that of the document in it: no bar to scroll, no gap."""
    inner = "document.documentElement.getBoundingClientRect().height"
    reader.page.wait_for_function("() => document.querySelector('iframe').style.height !== '20rem'")
    expect(reader.page.locator("iframe")).to_have_css("height", re.compile(r"^\d+px$"))
    height = reader.inside.evaluate(inner)
    reader.page.wait_for_function(
        "height => Math.abs(document.querySelector('iframe').offsetHeight - height) < 1", arg=height
    )
    assert reader.inside.evaluate("document.documentElement.scrollHeight <= innerHeight")
    return float(reader.inside.evaluate(inner))


def test_a_dark_page_gets_a_dark_frame_in_its_own_font_and_colours(reader: Reader, embed: Embed) -> None:
    frame = reader.visit(new_article(embed, head=NIGHT).url)
    root = frame.locator("html")
    expect(root).to_have_attribute("data-scheme", "dark")
    expect(root).to_have_css("color", "rgb(232, 230, 225)")
    expect(root).to_have_css("font-family", re.compile("^Georgia"))
    expect(root).to_have_css("background-color", "rgba(0, 0, 0, 0)")


def test_a_light_page_gets_a_light_frame_also_in_a_dark_browser(
    new_reader: Callable[..., Reader], article: Article
) -> None:
    frame = new_reader(color_scheme="dark").visit(article.url)
    expect(frame.locator("html")).to_have_attribute("data-scheme", "light")
    expect(frame.locator("html")).to_have_css("color", "rgb(0, 0, 0)")


def test_what_the_page_says_of_its_look_is_taken(reader: Reader, embed: Embed) -> None:
    look = 'data-scheme="dark" data-background="#101418" data-text="#eee8d8" data-accent="#ffb000" data-font="Courier"'
    frame = reader.visit(new_article(embed, attributes=look).url)
    expect(frame.locator("html")).to_have_attribute("data-scheme", "dark")
    expect(frame.locator("html")).to_have_css("color", "rgb(238, 232, 216)")
    expect(frame.locator("html")).to_have_css("font-family", "Courier")
    frame.get_by_role("button", name="Write a comment").click()
    post = frame.get_by_role("button", name="Post comment")
    expect(post).to_have_css("background-color", "rgb(255, 176, 0)")
    expect(post).to_have_css("color", "rgb(0, 0, 0)")


def test_a_look_that_could_not_be_read_is_not_taken(reader: Reader, embed: Embed) -> None:
    look = (
        'data-background="#888" data-text="#777" data-accent="#999" data-font="x; color: red" data-scheme="x"'
    )
    frame = reader.visit(new_article(embed, attributes=look).url)
    expect(frame.locator("html")).to_have_css("color", "rgb(28, 32, 36)")
    assert "red" not in reader.inside.evaluate("document.documentElement.style.cssText")


def test_the_document_paints_with_no_further_request(browser: Browser, article: Article, site: Site) -> None:
    site.say(article.thread, "Painted at once.")
    asked: list[str] = []

    def only_the_document(route: Route) -> None:
        asked.append(route.request.resource_type)
        if route.request.resource_type == "document":
            route.continue_()
        else:
            route.abort()

    context = browser.new_context()
    page = context.new_page()
    page.route("**/*", only_the_document)
    page.goto(document_of(site, article))
    expect(page.get_by_text("Painted at once.")).to_be_visible()
    expect(page.get_by_role("heading", name="1 comment")).to_have_css("font-size", "18px")
    expect(page.locator(".face").first).to_have_css("width", "32px")
    assert set(asked) == {"document", "script"}
    context.close()


def test_a_page_of_another_domain_gets_no_frame(reader: Reader, article: Article, hosting: Hosting) -> None:
    reader.forgive("frame-ancestors|403")
    with reader.page.expect_console_message(lambda message: "frame-ancestors" in message.text):
        reader.page.goto(article.url.replace(hosting.url, hosting.as_our_own_site))
    expect(reader.page.locator("iframe")).to_have_count(1)
    expect(reader.frame.get_by_role("button", name="Write a comment")).to_have_count(0)


def test_a_forum_that_is_not_there_is_said_in_a_sentence(reader: Reader, embed: Embed) -> None:
    reader.forgive("404")
    reader.page.goto(embed("/no-forum", attributes='data-forum="nowhere"'))
    expect(reader.frame.get_by_text("There is no forum of this name here.")).to_be_visible()


def document_of(site: Site, article: Article) -> str:
    return f"{site.url}/embed/comments/?f=gazette&t_i={article.thread['identifier']}"


def test_a_frame_in_arabic_runs_from_right_to_left(reader: Reader, embed: Embed, site: Site) -> None:
    article = new_article(embed, attributes='data-lang="ar"')
    site.say(article.thread, "The first.", to=site.say(article.thread, "مرحبا"))
    frame = reader.visit(article.url)
    expect(frame.locator("html")).to_have_attribute("dir", "rtl")
    face, words = (frame.locator(place).first.bounding_box() for place in (".face", ".text"))
    assert face
    assert words
    assert face["x"] > words["x"]
    assert reader.inside.evaluate("document.documentElement.scrollWidth <= innerWidth")
