"""A forum that leaves and arrives elsewhere says the same there: comments, times, authors, states, trees, links."""

from collections.abc import Callable
from pathlib import Path

import pytest

from descant.discussion.addressing.addresses import PageAddress
from descant.discussion.addressing.finding import add_address, make_thread
from descant.discussion.deciding.comments import decide
from descant.discussion.deciding.merging import merge_threads
from descant.discussion.deciding.threads import set_thread_state
from descant.discussion.editing import delete_comment, edit_comment
from descant.discussion.models import Comment, Thread
from descant.discussion.reading.pages import read_page
from descant.exchange.importing import run_import
from descant.exchange.report import Report
from descant.forums.models import Forum
from descant.forums.opening import open_forum
from django_headroom.updates import change
from tests.descant.conftest import Cast
from tests.descant.exchange.files import busy_file, comment, item, post, thread, wordpress
from tests.descant.exchange.files import disqus as disqus_file
from tests.descant.exchange.leaving.told import assert_same, told
from tests.descant.exchange.test_samples import SAMPLES

FORMATS = ["disqus", "wxr", "native"]
pytestmark = pytest.mark.parametrize("format", FORMATS)


@pytest.fixture
def lively(cast: Cast, bread: Thread, say: Callable[..., Comment]) -> Forum:
    """The gazette after some weeks: branches, states, an edit, a merge, a closed thread, a page of many names."""
    first = say("Flour, *water*, salt\nand time.\n\n    for ever\n    and ever", by=cast.ann)
    reply = say("And [patience](https://oven.example/)", by=cast.guest, to=first)
    deeper = reply
    for number in range(12):
        deeper = say(f"Deeper {number}", to=deeper)
    for verdict in ("spam", "hide", "delete"):
        decide(forum=cast.gazette, comments=[say(f"It comes to {verdict}")], verdict=verdict, by=cast.bo)
    change(cast.gazette, premoderation="guests")
    say("It waits", by=cast.guest)
    gone = say("Gone in a moment")
    say("It has an answer", by=cast.ann, to=gone)
    delete_comment(forum=cast.gazette, comment=gone, author=cast.cy)
    edit_comment(forum=cast.gazette, comment=say("Wrung"), author=cast.cy, source="Wrong")
    cake = make_thread(cast.gazette, PageAddress(identifier="cake", url="https://gazette.example/cake"))
    add_address(cake, "url", "https://gazette.example/old/cake")
    add_address(cake, "identifier", "7 https://gazette.example/?p=7")
    set_thread_state(forum=cast.gazette, thread=cake, state="closed", by=cast.bo)
    pie = make_thread(cast.gazette, PageAddress(identifier="pie", url="https://gazette.example/pie"))
    merge_threads(forum=cast.gazette, source=pie, target=bread, by=cast.bo)
    make_thread(cast.gazette, PageAddress(identifier="careless", url="https://gazette.example/bread"))
    return cast.gazette


def test_a_lively_forum_is_the_same_elsewhere(lively: Forum, move: Callable[..., Forum], format: str) -> None:
    before = told(lively)
    assert {each[1] for each in before["comments"].values()} == set(Comment.State)
    assert len(before["comments"]) == 21
    assert_same(told(move(format)), before)


def test_links_to_single_comments_lead_to_them(
    lively: Forum, move: Callable[..., Forum], format: str
) -> None:
    anchors = {each.anchor: each.created_at for each in Comment.objects.of(lively).shown()}
    assert len(anchors) > 10
    herald = move(format)
    for anchor, created_at in anchors.items():
        page = read_page(forum=herald, page=PageAddress(identifier="bread"), order="best", cursor=anchor)
        assert next(line for line in page.lines if line.kind == "comment").comment.created_at == created_at


def test_a_new_comment_never_has_the_number_of_one_that_moved(
    lively: Forum, move: Callable[..., Forum], format: str
) -> None:
    last = max(Comment.objects.of(lively).values_list("pk", flat=True))
    herald = move(format)
    assert min(Comment.objects.of(herald).values_list("pk", flat=True)) > last


def test_a_third_site_finds_what_the_second_found(
    lively: Forum, move: Callable[..., Forum], format: str
) -> None:
    other = open_forum(name="courier", domains=["courier.example"], partition="p1")
    herald = move(format)
    assert_same(told(move(format, herald, other)), told(lively))


def test_addresses_of_people_go_along_only_if_asked_for(
    lively: Forum, export: Callable[..., Path], format: str
) -> None:
    assert "gus@mail.example" not in export(format).read_text()
    assert "gus@mail.example" in export(format, personal=True).read_text()
    assert "cy@mail.example" not in export(format, personal=True).read_text()


BUSY = [("disqus", busy_file()), ("wordpress", wordpress(
    item("1", comment("5"), comment("6", parent="5", approved="0"), comment("7", parent="6", approved="spam"),
         comment("8", meta="900"), comment("9", parent="8", approved="trash")),
    item("2", comment("10"), wp__comment_status="closed", identifier="two"))),
    ("disqus", disqus_file(thread("4", id="x"), post(None, "4", id="77"), post("78", "4", parent="77"),
                           post("x79", "4", isDeleted="true", message="")))]  # fmt: skip


@pytest.mark.parametrize("file", BUSY)
def test_what_came_from_elsewhere_leaves_again_under_its_old_numbers(
    cast: Cast, bring: Callable[..., Report], move: Callable[..., Forum], file: tuple[str, str], format: str
) -> None:
    source, written = file
    bring(written, format=source)
    assert_same(told(move(format)), told(cast.gazette))


SAMPLE_FILES = [
    ("remark42-disqus-fixed.xml", "disqus", ""),
    ("disqus-official-docs-example.xml", "disqus", ""),
    ("isso-disqus.xml", "disqus", "disqusdev"),
    ("wptt-themeunittestdata.wordpress.xml", "wordpress", ""),
]


@pytest.mark.skipif(not SAMPLES.is_dir(), reason=f"no samples at {SAMPLES}")
@pytest.mark.parametrize("file", SAMPLE_FILES)
def test_a_genuine_file_imported_exported_and_imported_again_is_equal(
    cast: Cast, move: Callable[..., Forum], file: tuple[str, str, str], format: str
) -> None:
    name, source, source_forum = file
    run_import(format=source, path=SAMPLES / name, forum=cast.gazette, source_forum=source_forum)
    assert_same(told(move(format)), told(cast.gazette))


def test_rows_of_two_services_with_one_number_stay_apart(
    cast: Cast,
    bring: Callable[..., Report],
    move: Callable[..., Forum],
    say: Callable[..., Comment],
    format: str,
) -> None:
    own = say("Here before")
    bring(disqus_file(thread("1"), post("5"), post(str(own.pk))))
    bring(wordpress(item("9", comment("5"), comment("6", parent="5"))), format="wordpress")
    assert Comment.objects.of(cast.gazette).count() == 5
    herald = move(format)
    assert Comment.objects.of(herald).count() == 5
