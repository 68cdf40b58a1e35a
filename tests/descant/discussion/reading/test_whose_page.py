"""Which thread a page reads: the one that its identifier leads to, else its URL."""

from collections.abc import Callable

from descant.discussion.addressing.addresses import PageAddress
from descant.discussion.addressing.finding import add_address, make_thread
from descant.discussion.models import Comment, ThreadAddress
from descant.discussion.reading import read_page
from tests.descant.conftest import Cast

Say = Callable[..., Comment]


def test_a_url_leads_to_a_thread_with_an_identifier_only_where_the_page_says_none(
    cast: Cast, say: Say
) -> None:
    url = "https://gazette.example/bread"
    thread = say("Rye.").thread
    add_address(thread, ThreadAddress.Kind.URL, url)
    other = make_thread(cast.gazette, PageAddress(url="https://gazette.example/rolls"))

    def read(identifier: str = "", url: str = "") -> int | None:
        page = read_page(forum=cast.gazette, page=PageAddress(identifier, url), order="oldest")
        assert [line.comment.text for line in page.lines] == (["Rye."] if page.thread == thread else [])
        return page.thread.pk if page.thread else None

    assert read(url=url) == read("bread") == read("bread", url) == thread.pk
    assert read("rolls", url) is None
    assert read("rolls", "https://gazette.example/rolls") == other.pk
