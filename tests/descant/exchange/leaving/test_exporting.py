"""A file of an export is whole or not there; it can be packed; and its command says what it did."""

import gzip
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from descant.discussion.models import Comment
from descant.exchange.leaving import disqus
from descant.exchange.leaving.exporting import ExportRefused, run_export
from descant.exchange.leaving.wanted import Wanted
from descant.site import command
from django_headroom.testing import query_budget
from tests.descant.conftest import Cast

FORMATS = ["disqus", "wxr", "native"]


def test_what_was_there_stays_until_the_new_file_is_whole(
    cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "gazette.xml"
    path.write_text("of yesterday")

    def breaks_off(wanted: Wanted) -> Iterator[str]:
        yield "the beginning"
        raise ZeroDivisionError

    monkeypatch.setattr(disqus, "write", breaks_off)
    with pytest.raises(ZeroDivisionError):
        run_export(format="disqus", forum=cast.gazette, path=path)
    assert path.read_text() == "of yesterday"
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_cannot_be_written_is_refused(cast: Cast, tmp_path: Path) -> None:
    with pytest.raises(ExportRefused, match="cannot be written: No such file"):
        run_export(format="disqus", forum=cast.gazette, path=tmp_path / "nowhere" / "gazette.xml")


@pytest.mark.parametrize("format", FORMATS)
def test_one_state_gives_one_file_packed_or_not(
    cast: Cast, say: Callable[..., Comment], tmp_path: Path, format: str
) -> None:
    say("Bread")
    names = [tmp_path / name for name in ("plain", "one.gz", "two.gz")]
    for path in names:
        run_export(format=format, forum=cast.gazette, path=path)
    plain, one, two = (path.read_bytes() for path in names)
    assert one == two
    assert gzip.decompress(one) == plain
    assert all(path.stat().st_mode & 0o077 == 0 for path in names)


def test_the_command_writes_a_file_and_says_where(
    cast: Cast,
    say: Callable[..., Comment],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    say("Bread")
    monkeypatch.chdir(tmp_path)
    assert command.follow(["export", "gazette", "--format", "disqus"]) == 0
    assert b"<p>Bread</p>" in gzip.decompress((tmp_path / "gazette.xml.gz").read_bytes())
    assert "gazette.xml.gz: 2 rows" in capsys.readouterr().err
    assert command.follow(["export", "nowhere", "--format", "wxr"]) == 2


def test_another_forum_s_rows_are_not_in_it(cast: Cast, say: Callable[..., Comment], tmp_path: Path) -> None:
    say("Of the gazette")
    path = tmp_path / "tribune.xml"
    run_export(format="disqus", forum=cast.tribune, path=path)
    assert "Of the gazette" not in path.read_text()


def test_a_chunk_of_comments_costs_few_queries(
    cast: Cast, say: Callable[..., Comment], tmp_path: Path
) -> None:
    for number in range(30):
        say(f"Comment {number}")
    with query_budget(12):
        list(disqus.write(Wanted(cast.gazette, "p1")))
