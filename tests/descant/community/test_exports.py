"""An owner has files made of her forum, fetches them, and nobody else does."""

import gzip
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from descant.discussion.authors import Author
from descant.discussion.deciding import carrying
from descant.discussion.models import Comment
from descant.exchange.leaving import wishes
from descant.exchange.models import Export
from descant.forums import directory
from django_headroom.delayed.worker import drain
from tests.descant.conftest import Cast

PAGE = "/f/gazette/settings/exports/"
SignedIn = Callable[[Author], Client]
Say = Callable[..., Comment]


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, settings: Any) -> None:
    settings.DESCANT_DATA = tmp_path


@pytest.mark.parametrize(
    ("format", "mark"), [("disqus", b"<disqus"), ("wxr", b"<rss"), ("native", b'"descant"')]
)
def test_an_owner_has_a_file_made_and_fetches_it(
    cast: Cast, say: Say, signed_in: SignedIn, format: str, mark: bytes
) -> None:
    say("Rye, *wet*.")
    ann = signed_in(cast.ann)
    page = ann.post(PAGE, {"make": "", "format": format}, follow=True).content.decode()
    assert "waits for a worker" in page
    for wish, words in (({}, "A worker makes the file"), ({"personal": "on"}, "Another file is being made")):
        again = ann.post(PAGE, {"make": "", "format": format, **wish}, follow=True).content.decode()
        assert words in again
    work()
    export = Export.objects.get()
    assert (export.state, export.rows) == ("finished", 2)
    link = f'href="?file={export.pk}"'
    assert link in ann.get(PAGE).content.decode()
    sent = ann.get(PAGE, {"file": export.pk})
    assert sent.headers["Content-Disposition"] == f'attachment; filename="{export.file_name}"'
    written = gzip.decompress(b"".join(sent.streaming_content))
    assert mark in written
    assert b"Rye" in written
    assert b"mail.example" not in written


def test_nobody_else_fetches_it(cast: Cast, say: Say, signed_in: SignedIn) -> None:
    say("Rye.")
    carrying.ask_for_export(forum=cast.gazette, by=cast.ann, format="native")
    work()
    asked = {"file": Export.objects.get().pk}
    for who in (cast.bo, cast.cy, cast.dee):
        assert signed_in(who).get(PAGE, asked).status_code == 404
    assert signed_in(cast.dee).get("/f/tribune/settings/exports/", asked).status_code == 404
    assert Client().get(PAGE, asked).status_code == 302


def test_its_files_are_for_this_program_alone_and_go_after_a_week(
    cast: Cast, signed_in: SignedIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    carrying.ask_for_export(forum=cast.gazette, by=cast.ann, format="native")
    work()
    (path,) = (tmp_path / "exports").iterdir()
    assert len(path.name) > 40
    assert (path.parent.stat().st_mode & 0o777, path.stat().st_mode & 0o777) == (0o700, 0o600)
    monkeypatch.setattr(wishes, "SILENT_SECONDS", -60)
    wishes.drop_old_exports()
    assert path.exists()
    Export.objects.update(finished_at=timezone.now() - carrying.KEPT - timedelta(minutes=1))
    wishes.drop_old_exports()
    assert not path.exists()
    assert "its time is over" in signed_in(cast.ann).get(PAGE).content.decode()


def test_what_was_begun_by_a_killed_worker_is_made_anew(cast: Cast, tmp_path: Path) -> None:
    export = carrying.ask_for_export(forum=cast.gazette, by=cast.ann, format="native")
    Export.objects.update(state="running")
    (carrying.exports_folder() / f"{export.file}.told").write_text("3 7")
    assert carrying.how_far(export) == (3, 7)
    work()
    assert Export.objects.get().state == "finished"
    assert carrying.how_far(export) == (0, 0)


def test_a_file_that_cannot_be_written_says_why(cast: Cast, signed_in: SignedIn, tmp_path: Path) -> None:
    carrying.ask_for_export(forum=cast.gazette, by=cast.ann, format="native")
    (tmp_path / "exports" / Export.objects.get().file).mkdir(parents=True)
    work()
    assert Export.objects.get().state == "stopped"
    assert "cannot be written" in signed_in(cast.ann).get(PAGE).content.decode()


def work() -> None:
    directory.forget()
    for _round in range(2):
        drain("default")
