"""Texts that would end an element, a section or a line go out and come back as they were."""

import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from descant.discussion import text
from descant.discussion.models import Comment
from descant.exchange.leaving import walking
from descant.exchange.leaving.disqus import write
from descant.exchange.leaving.wanted import Wanted
from descant.exchange.leaving.xml_text import cdata, element, marked
from descant.exchange.reading.unpacking import Unpacked
from descant.exchange.reading.xml_stream import read_rows
from descant.exchange.report import Report
from descant.forums.models import Forum
from tests.descant.conftest import Cast
from tests.descant.exchange.files import disqus, post, thread
from tests.descant.exchange.leaving.told import assert_same, told

HOSTILE = [
    "]]>", "<![CDATA[ a ]]> b", "]]&gt;]]>]]>", "<message>no</message></post></disqus>", "&amp;lt; &#x41; &nbsp;",
    "שלום \u202eevil\u202c <b>x</b>", "👩‍👩‍👧‍👦 🇩🇪 e\u0301", "a\x00b\x0bc\x1fd\ufffe", "a \ud83d \udc00 b",
    "```\n]]>\n\n\n```",
    "x" * 60_000, "<" * 20_000, "\"'" * 30_000, "{\"a\": \"\\u0000\"}\u2028\u2029", "line\r\nline\rline",
]  # fmt: skip


@given(st.text(max_size=200), st.sampled_from(HOSTILE), st.text(max_size=50))
def test_any_text_comes_back_out_of_the_xml(
    tmp_path_factory: pytest.TempPathFactory, any_text: str, hostile: str, more: str
) -> None:
    said = text.plain(any_text + hostile + more)
    path = tmp_path_factory.mktemp("xml") / "file.xml"
    name = said[:100]
    path.write_text(
        f'<disqus xmlns:dsq="d"><{marked("post", name)}>{element("id", name)}{cdata("message", said)}</post></disqus>',
        encoding="utf-8",
    )
    (row,) = read_rows(Unpacked(path), {"disqus": {"*post": {"id": None, "message": None}}})
    assert row.fields["message"] == said.strip()
    assert row.fields.get("id", "") == name.strip()


@pytest.mark.parametrize("format", ["disqus", "wxr", "native"])
def test_hostile_texts_and_names_arrive_as_they_were(
    cast: Cast, say: Callable[..., Comment], move: Callable[..., Forum], settings: Any, format: str
) -> None:
    settings.DESCANT_TEXT_MAX = 100_000
    for each in HOSTILE:
        say(each, by=cast.cy)
    assert_same(told(move(format)), told(cast.gazette))


def test_a_larger_forum_needs_no_more_memory(
    cast: Cast, bring: Callable[..., Report], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(walking, "CHUNK", 20)

    def most_memory(last: int) -> tuple[int, int]:
        bring(disqus(thread(), *(post(str(n), message="word " * 400) for n in range(10, last))))
        tracemalloc.start()
        size = sum(len(piece) for piece in write(Wanted(cast.gazette, "p1")))
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return size, most

    most_memory(60)  # what is kept in the process once
    small, large = most_memory(110), most_memory(1_010)
    assert large[0] > 8 * small[0]
    assert large[1] < 2 * small[1]
