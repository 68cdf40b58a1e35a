"""Real files, where they lie beside the project: what is read is what an independent count says is in them."""

import json
from pathlib import Path
from typing import Any

import pytest

from descant.discussion.models import Comment, Thread
from descant.exchange.importing import run_import
from descant.exchange.report import Report
from descant.exchange.stream import ImportRefused
from tests.descant.conftest import Cast
from tests.descant.exchange.exactness import assert_exact
from tests.descant.exchange.files import Sorted, read

SAMPLES = Path(__file__).resolve().parents[4] / "shared" / "samples"
pytestmark = pytest.mark.skipif(not SAMPLES.is_dir(), reason=f"no samples at {SAMPLES}")


def counts(name: str) -> dict[str, Any]:
    counted: dict[str, Any] = json.loads((SAMPLES / "counts.json").read_text())[name]
    return counted


def states(found: Sorted, state: str) -> int:
    return sum(each.state == state and not each.missing for each in found.comments)


@pytest.mark.parametrize("name", ["remark42-disqus-fixed.xml", "disqus-official-docs-example.xml"])
def test_a_disqus_sample_has_what_was_counted(name: str) -> None:
    counted, found = counts(name), read(SAMPLES / name)
    assert found.report.threads.read == len(found.threads) == counted["threads"]
    assert found.report.comments.read == len(found.comments) == counted["posts"]
    assert states(found, "shown") == counted["posts_visible"]
    assert states(found, "spam") == counted["posts_spam"]
    assert states(found, "deleted") == counted["posts_deleted"]
    assert sum(each.closed for each in found.threads) == counted["threads_closed"]
    assert sum(each.parent is not None for each in found.comments) == counted["posts_replies"]
    assert sum(not each.author_email for each in found.comments) == counted["posts_no_email"]
    assert found.report.marks == counted["posts_orphans"]


def test_the_sample_of_two_forums_is_refused_until_one_is_chosen() -> None:
    counted = counts("isso-disqus.xml")
    with pytest.raises(ImportRefused, match="disqusdev, redacted"):
        read(SAMPLES / "isso-disqus.xml")
    one, other = (read(SAMPLES / "isso-disqus.xml", source_forum=name) for name in ("disqusdev", "redacted"))
    for found in (one, other):
        assert found.report.threads.read == counted["threads"]
        assert found.report.comments.read == counted["posts"]
        assert "its thread is not in the file" in found.remarks()
    both = one.comments + other.comments
    assert len(both) == counted["posts"] - counted["posts_thread_missing"]
    assert sum(each.state == "shown" for each in both) == counted["posts_visible"]
    assert one.report.comments.tombstones == counted["posts_deleted"]
    assert sum(each.parent is not None for each in both) == counted["posts_replies"]


def test_the_wordpress_sample_has_what_was_counted() -> None:
    name = "wptt-themeunittestdata.wordpress.xml"
    counted, found = counts(name), read(SAMPLES / name, "wordpress")
    assert found.report.threads.read == counted["items"]
    assert found.report.comments.read == counted["comments"]
    assert found.report.comments.skipped == counted["by_type"]["pingback"] + counted["by_type"]["trackback"]
    assert states(found, "shown") == counted["comments_visible"]
    assert states(found, "waiting") == counted["by_approved"]["0"]
    assert sum(each.parent is not None for each in found.comments) == counted["comments_replies"]
    assert len({each.thread for each in found.comments}) == counted["items_with_comments"]


@pytest.mark.parametrize(
    ("name", "format_name", "source_forum"),
    [
        ("remark42-disqus-fixed.xml", "disqus", ""),
        ("disqus-official-docs-example.xml", "disqus", ""),
        ("isso-disqus.xml", "disqus", "disqusdev"),
        ("wptt-themeunittestdata.wordpress.xml", "wordpress", ""),
    ],
)
def test_a_sample_is_brought_in_once(cast: Cast, name: str, format_name: str, source_forum: str) -> None:
    def bring() -> Report:
        return run_import(
            format=format_name, path=SAMPLES / name, forum=cast.gazette, source_forum=source_forum
        )

    report = bring()
    assert report.adds_up()
    assert_exact(cast.gazette)
    stream = read(SAMPLES / name, format_name, source_forum=source_forum)
    assert Comment.objects.of(cast.gazette).count() == len(stream.comments)
    assert Thread.objects.of(cast.gazette).count() == len(stream.threads)
    assert bring().rows_written() == 0
