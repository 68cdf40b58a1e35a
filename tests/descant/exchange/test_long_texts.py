"""Long texts are not gathered by the thousand: what is held in memory is bounded by letters too."""

from collections.abc import Callable

import pytest
from django.db import connections

from descant.discussion.models import Thread
from descant.exchange.arriving.comments import CHUNK_LETTERS
from descant.exchange.report import Report
from descant.exchange.sorting.spool import BATCH_LETTERS, Spool
from descant.exchange.stream import CommentRead
from tests.descant.conftest import Cast
from tests.descant.exchange.files import disqus, post, thread

LONG = "a " * 30_000


def test_texts_are_spooled_before_they_fill_the_memory() -> None:
    full = -(-BATCH_LETTERS // len(LONG))
    with Spool(Report(), "disqus") as spool:
        for number in range(full):
            assert not spool.one("SELECT count(*) FROM body"), number
            spool.take(CommentRead("disqus", str(number), (), ("1",), number, text=LONG))
        assert spool.one("SELECT count(*) FROM body") == full


def test_long_comments_are_written_in_smaller_chunks(cast: Cast, bring: Callable[..., Report]) -> None:
    full = -(-CHUNK_LETTERS // len(LONG))
    bring(disqus(thread("1"), *(post(str(number), message=LONG) for number in range(10, 11 + full))))
    found = Thread.objects.of(cast.gazette).get()
    assert (found.comments_shown, found.version) == (full + 1, 2), "a version for each chunk"


@pytest.mark.skipif(connections["p1"].vendor != "sqlite", reason="SQLite maps files")
def test_the_file_of_a_partition_is_not_mapped_into_the_memory_of_an_import(
    cast: Cast, bring: Callable[..., Report]
) -> None:
    with connections["p1"].cursor() as cursor:
        cursor.execute("PRAGMA mmap_size = 268435456")
        bring(disqus(thread("1"), post("10")))
        assert cursor.execute("PRAGMA mmap_size").fetchone() == (0,)
