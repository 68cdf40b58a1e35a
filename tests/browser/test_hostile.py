"""What people write does no harm to the page, to its width, or to their neighbours' lines."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Article
from tests.browser.stage.readers import Reader, element
from tests.browser.stage.serving import Site

# Each text, and a piece of what must still be read of it.
HOSTILE = {
    "script": ("<script>window.top.harm = 1</script> script", "script"),
    "image": ('<img src=x onerror="parent.harm=1"> ![i](https://tracker.example/i.png) image', "image"),
    "links": ("[click](javascript:alert(1)) [data](data:text/html,x) <javascript:alert(1)> links", "links"),
    "style": ('<style>* { display: none }</style><b style="position:fixed;inset:0">cover</b> style', "style"),
    "attribute": (
        '" onmouseover="alert(1)" x="</article></li></ol></main><h1>free</h1> attribute',
        "attribute",
    ),
    "comment": ("<!-- <textarea> --> ]]> --!> </template><plaintext> comment", "comment"),
    "turned": ("\u202eright to left\u202c \u2067 never closed turned", "turned"),
    "tower": ("z" + "\u0310\u0337\u0489" * 60 + "algo tower", "tower"),
    "word": ("w" * 3000 + " word", "word"),
    "code": ("```\n" + "x = 1; " * 400 + "\n```\n\ncode", "code"),
    "deep": (
        ">" * 18 + " quoted\n\n" + "".join("  " * level + "- item\n" for level in range(8)) + "\n\ndeep",
        "deep",
    ),
    "arabic": ("مرحبا بالعالم arabic", "arabic"),
    "emphasis": ("*" * 2000 + "_" * 2000 + " emphasis", "emphasis"),
}
NAMES = ["<b>Bobby</b>", "A" * 60, "\u202eeltit", "Z" + "\u0310" * 40, "علي", "'\"><svg onload=alert(1)>"]


@pytest.mark.parametrize(
    "viewport", [{"width": 900, "height": 800}, {"width": 390, "height": 844}], ids=["wide", "narrow"]
)
def test_hostile_comments_do_no_harm_and_do_not_widen_the_page(
    new_reader: Callable[..., Reader], article: Article, site: Site, viewport: dict[str, int]
) -> None:
    ids = {}
    for number, (key, (text, _kept)) in enumerate(HOSTILE.items()):
        ids[key] = site.say(article.thread, text, name=NAMES[number % len(NAMES)])
    reader = new_reader(viewport=viewport)
    frame = reader.visit(article.url)
    for key, (_text, kept) in HOSTILE.items():
        expect(frame.locator(f"#comment-{ids[key]} .text")).to_contain_text(kept)
    expect(frame.locator(".line")).to_have_count(len(HOSTILE))
    assert reader.page.evaluate("typeof window.harm") == "undefined"
    assert reader.inside.evaluate("typeof window.harm") == "undefined"
    loaded = ".text :is(script, style, img, iframe, svg, object, form, input, h1, [style], [onerror], [onmouseover])"
    expect(frame.locator(loaded)).to_have_count(0)
    hrefs = frame.locator(".text a").evaluate_all("all => all.map(each => each.protocol + each.rel)")
    assert all(href.startswith(("http", "mailto")) and "noopener" in href for href in hrefs)
    for document in (reader.page, reader.inside):
        assert document.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_line_stays_within_its_own_height(reader: Reader, article: Article, site: Site) -> None:
    """Towers of marks, and letters that turn their neighbours, end where their comment ends."""
    site.say(article.thread, "The neighbour above.")
    site.say(article.thread, HOSTILE["tower"][0], name=NAMES[3])
    turned = site.say(article.thread, "plain \u202e turned", name="\u202eNomen")
    reader.visit(article.url)
    texts = reader.frame.locator(".text")
    assert texts.evaluate_all("all => all.every(each => getComputedStyle(each).overflow === 'hidden')")
    line = reader.frame.locator(f"#comment-{turned}")
    expect(line.get_by_role("heading")).to_have_text("Nomen")
    expect(line.locator(".text")).to_have_css("unicode-bidi", "isolate")


def test_the_writers_own_preview_and_first_sight_are_as_safe(reader: Reader, article: Article) -> None:
    frame = reader.visit(article.url)
    text = HOSTILE["attribute"][0] + HOSTILE["script"][0]
    frame.get_by_role("button", name="Write a comment").click()
    frame.get_by_role("textbox", name="Your comment").fill(text)
    frame.get_by_role("button", name="Preview").click()
    expect(frame.get_by_role("region", name="Preview")).to_contain_text("<script>")
    frame.get_by_role("button", name="Preview").click()
    reader.send(text, "<img src=x onerror=alert(1)>")
    line = reader.line("<script>")
    expect(line.get_by_role("button", name="Reply")).to_be_visible()
    expect(element(line).get_by_role("heading")).to_have_text("<img src=x onerror=alert(1)>")
    expect(frame.locator("main script, main img")).to_have_count(0)
