"""Pictures become links, and HTML that no sanitiser can afford becomes words; none of it takes long."""

import time
from collections.abc import Callable

import pytest

from descant.discussion import text
from descant.exchange.reading.taming import MOST_DEPTH, is_tangled, with_links_for_pictures, words_of
from descant.exchange.reading.xml_stream import LONGEST_TEXT
from descant.exchange.sorting.spool import TANGLED
from tests.descant.exchange.files import Sorted, disqus, post, thread

SECONDS = 2.0  # measured: below 0.05, where the sanitiser alone took up to eleven seconds


def filled(unit: str, start: str = "") -> str:
    return (start + unit * (LONGEST_TEXT // len(unit)))[:LONGEST_TEXT]


@pytest.mark.parametrize(
    "written",
    [
        filled("<ul><li>"),
        filled("<blockquote>"),
        filled("<svg><desc><ul><li>"),
        filled("<ul><li></p></x></ol>"),
        filled('<ul><li title="</li></ul>">'),
        filled("<div><marquee></div></marquee>"),
        filled("<ul><li>", "<!-- -->"),
        filled("<\x7ful><\x7fli>"),
        filled("<a><div>"),
        "".join(f"<p><b class={n}>" for n in range(5_000))[:LONGEST_TEXT],
        "".join(f"<html a{n}></html>" for n in range(5_000))[:LONGEST_TEXT],
        filled("<p>x", "<p>" + "".join(f"<b class={n}>" for n in range(90)) + "</p>"),
        "<br>" * LONGEST_TEXT,
        filled('<img "'),
        filled('<a b="'),
        filled("<img src=http://a.example alt=b>"),
        "<img " + 'a="' * 20_000,
        "<img " + "a" * 60_000 + ">",
        filled("<"),
        filled("&"),
    ],
    ids=lambda written: repr(written[:24]),
)
def test_no_message_costs_long(written: str) -> None:
    started = time.process_time()
    html = with_links_for_pictures(written)
    html = text.plain(words_of(html) if is_tangled(html) else html)
    text.render(html, "html")
    assert time.process_time() - started < SECONDS


@pytest.mark.parametrize(
    "written",
    [
        "<p>one<p>two" * 1_000,
        "<ul>" + "<li>one<li><p>two" * 1_000 + "</ul>",
        '<p><a href="http://a.example/?a>b">one</a><br><b>two</b></p>' * 1_000,
        "<ul><li><p>one</ul>" * 1_000,
        "<blockquote>" * MOST_DEPTH + "one" + "</blockquote>" * MOST_DEPTH,
        "1 < 2 <3 " * 1_000,
    ],
    ids=lambda written: written[:24],
)
def test_long_html_that_is_well_written_is_left_as_it_is(written: str) -> None:
    assert not is_tangled(written)


def test_html_nested_one_deeper_is_tangled() -> None:
    assert is_tangled("<blockquote>" * (MOST_DEPTH + 1))


def test_of_tangled_html_the_words_are_kept_and_it_is_told(
    sort_text: Callable[..., Sorted],
) -> None:
    message = (
        "<p>First &lt;b&gt; &amp; <b>second</b></p>" + "<blockquote>" * 200 + "third" + "</blockquote>" * 200
    )
    found = sort_text(disqus(thread(), post("5", message=message), post("6")))
    assert found.comment("5").text == "<p>First &lt;b&gt; &amp; second<br>third</p>"
    assert found.comment("6").text == "<p>Says 6</p>"
    assert found.remarks() == {TANGLED: [12]}


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ('<img src="http://a.example/cat.png" alt="A cat">', '<a href="http://a.example/cat.png">A cat</a>'),
        ("<IMG SRC='https://a.example/b/my%20cat.png?w=3'/>",
         '<a href="https://a.example/b/my%20cat.png?w=3">my cat.png</a>'),
        ("<img alt='' src=http://a.example/cat.png>", '<a href="http://a.example/cat.png">cat.png</a>'),
        ('<img src="http://a.example/?a=1&amp;b=2" alt="1 > 0 &amp; so">',
         '<a href="http://a.example/?a=1&amp;b=2">1 &gt; 0 &amp; so</a>'),
        ('<img src="http://a.example/%3Cscript%3E">', '<a href="http://a.example/%3Cscript%3E">&lt;script&gt;</a>'),
        ('<img src="javascript:alert(1)" alt="A cat">', "A cat"),
        ('<img src="data:image/png;base64,AAA/BBB" alt="A cat">', "A cat"),
        ('<img src="/files/cat.png">', "cat.png"),
        ("<img>", ""),
        ('<a href="http://a.example/">see <img src="http://a.example/cat.png"></a>',
         '<a href="http://a.example/">see cat.png</a>'),
        ("<abbr><img src='http://a.example/cat.png'></abbr>",
         '<abbr><a href="http://a.example/cat.png">cat.png</a></abbr>'),
        ("<p>one <imgs> two</p>", "<p>one <imgs> two</p>"),
    ],
)  # fmt: skip
def test_a_picture_becomes_a_link_that_says_what_it_shows(written: str, kept: str) -> None:
    assert with_links_for_pictures(written) == kept


def test_an_imported_picture_is_kept_as_a_link(sort_text: Callable[..., Sorted]) -> None:
    message = '<p>Look: <img src="http://a.example/cat.png" alt="A cat"></p>'
    found = sort_text(disqus(thread(), post("5", message=message))).comment("5")
    assert found.text == '<p>Look: <a href="http://a.example/cat.png">A cat</a></p>'
