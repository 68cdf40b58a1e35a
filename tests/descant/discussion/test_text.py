"""What a comment's text becomes."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from descant.discussion import text
from descant.discussion.judging.naming import BadName, check_guest_name


def markdown(source: str) -> str:
    return text.render(source, "markdown")


@pytest.mark.parametrize(
    ("source", "html"),
    [
        ("**Rye** and *wheat*", "<p><strong>Rye</strong> and <em>wheat</em></p>\n"),
        ("one\ntwo", "<p>one<br>\ntwo</p>\n"),
        ("> said", "<blockquote>\n<p>said</p>\n</blockquote>\n"),
        ("`a < b`", "<p><code>a &lt; b</code></p>\n"),
        ("# no heading", "<p># no heading</p>\n"),
        ("<b>raw</b>", "<p>&lt;b&gt;raw&lt;/b&gt;</p>\n"),
        ("~~old~~", "<p><s>old</s></p>\n"),
    ],
)
def test_markdown_becomes_a_small_html(source: str, html: str) -> None:
    assert markdown(source) == html


PIECES = [
    *"abz09 \n\n\t.,;:!?'\"()-+=#*_`~<>[]|/&\\é漢😀\xa0\u3000\u2028",
    "1. ",
    "- ",
    "\n\n",
    "://",
    "https://a.example",
    "-- ",
    "&amp;",
]


@settings(max_examples=2_000, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=30).map("".join) | st.text(max_size=40))
def test_sentences_alone_are_rendered_as_the_long_way_would(written: str) -> None:
    source = text.plain(written)
    assert markdown(source) == text.sanitise(text._written(source))


def test_sentences_alone_do_not_go_the_long_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text, "_written", None)
    assert markdown('Rye (of 2009), "no" wheat!\nI\'d say: yes - and you?\n\nWell.') == (
        '<p>Rye (of 2009), "no" wheat!<br>\nI\'d say: yes - and you?</p>\n<p>Well.</p>\n'
    )


def test_links_lead_out_marked_as_the_readers_own() -> None:
    assert markdown("[here](https://a.example/)") == (
        '<p><a href="https://a.example/" rel="nofollow ugc noopener">here</a></p>\n'
    )


@pytest.mark.parametrize(
    ("source", "href"),
    [
        ("see https://a.example/x.", "https://a.example/x"),
        ("(https://a.example/x)", "https://a.example/x"),
        ("https://a.example/x_(y)", "https://a.example/x_(y)"),
        ("https://a.example/?a=1&b=2, then", "https://a.example/?a=1&amp;b=2"),
    ],
)
def test_bare_addresses_become_links_without_the_sentences_punctuation(source: str, href: str) -> None:
    assert f'<a href="{href}" rel=' in markdown(source)


def test_an_address_in_code_or_in_a_link_stays_as_it_is() -> None:
    assert "<a" not in markdown("`https://a.example/`")
    assert markdown("[https://b.example](https://a.example/)").count("<a") == 1


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        '<a href="javascript:alert(1)">x</a>',
        '<a href="//evil.example">x</a>',
        '<a href="/accounts/logout/">x</a>',
        '<a href="data:text/html,x">x</a>',
        '<a href=" java\tscript:alert(1)">x</a>',
        "<svg><script>alert(1)</script></svg>",
        '<p style="position:fixed" id="comment-1" class="line" data-act="delete">x</p>',
        "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
        '<form action="https://evil.example"><input name=a></form>',
        "<iframe src=https://evil.example></iframe>",
        '<a href="https://a.example" target=_self onclick=alert(1) name=x>x</a>',
    ],
)
@pytest.mark.parametrize("source_format", ["html", "markdown"])
def test_nothing_hostile_comes_through(hostile: str, source_format: str) -> None:
    html = text.render(hostile, source_format)
    for forbidden in ("<script", "<img", "<svg", "<math", "<form", "<iframe", "<style", "<input", "<p style"):
        assert forbidden not in html
    if source_format == "html":
        for forbidden in (
            "onerror",
            "onclick",
            "javascript:",
            "style=",
            "id=",
            "class=",
            'href="//',
            'href="/',
            "data",
        ):
            assert forbidden not in html


@pytest.mark.parametrize(
    "hostile",
    ["[a](" * 2_500, "*a **a " * 1_400, "> " * 5_000, "`" * 10_000, "[" * 10_000, "https://" * 1_250],
)
def test_no_text_takes_long(hostile: str) -> None:
    began = time.process_time()
    markdown(hostile)
    assert time.process_time() - began < 5  # a quadratic one takes minutes


@pytest.mark.parametrize("depth", [15, 40, 70, 300])
def test_no_depth_of_quotes_or_lists_loses_a_word(depth: int) -> None:
    quoted = markdown("> " * depth + "deep\n\nafter")
    listed = markdown("\n".join("  " * level + f"- level {level}" for level in range(depth)) + "\n\nafter")
    assert "deep" in quoted
    assert "after" in quoted
    assert f"level {depth - 1}" in listed
    assert "after" in listed


def test_plain_text_has_no_controls_and_no_towers() -> None:
    assert text.plain("a\x00b\x1bc\r\nd\ud800") == "abc\nd"
    assert len(text.plain("z" + "\u0335" * 100)) == 7


def test_a_name_is_one_line_that_turns_nobody_round() -> None:
    assert text.one_line(" An\u202en\u200b \n Lee ") == "Ann Lee"


def test_an_excerpt_is_plain() -> None:
    assert text.excerpt("<p>Rye &amp; <b>wheat</b></p>") == "Rye & wheat"
    assert len(text.excerpt("<p>" + "rye " * 100 + "</p>", most=40)) <= 40


@pytest.mark.parametrize("name", ["\u3164", "\u2800 \u115f", "\u00ad", "\U000e0041", "\u061c"])
def test_a_name_of_letters_that_show_nothing_is_none(name: str) -> None:
    assert text.one_line(name) == ""
    with pytest.raises(BadName):
        check_guest_name(name)
