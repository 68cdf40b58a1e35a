"""What Disqus's plugin for WordPress sends: an article's comments as WXR, and asking for what was written since."""

import os
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from descant.api.serving.once import REPLAYED
from descant.discussion.deciding.carrying import KEPT
from descant.discussion.models import Comment
from descant.exchange.arriving.uploads import ARRIVING_SECONDS, drop_old_uploads
from descant.exchange.models import ImportJob
from descant.forums import directory
from django_headroom.delayed.worker import drain
from tests.descant.api.conftest import Program
from tests.descant.conftest import Cast

Say = Callable[..., Comment]
CREATE = "/api/3.0/imports/create.json"
WXR = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dsq="https://disqus.com/"
  xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:wp="http://wordpress.org/export/1.0/">
<channel><item>
<title>Oats</title><link>https://gazette.example/?p=12</link><pubDate>Mon, 07 Mar 2011 20:46:25 +0000</pubDate>
<dc:creator>ann</dc:creator><guid>https://gazette.example/?p=12</guid><content:encoded>x</content:encoded>
<dsq:thread_identifier>12 https://gazette.example/?p=12</dsq:thread_identifier>
<wp:post_id>12</wp:post_id><wp:post_date_gmt>2011-03-07 20:46:25</wp:post_date_gmt>
<wp:comment_status>open</wp:comment_status>
<wp:comment><wp:comment_id>7</wp:comment_id><wp:comment_author>Ada</wp:comment_author>
<wp:comment_author_email>ada@mail.example</wp:comment_author_email><wp:comment_author_url></wp:comment_author_url>
<wp:comment_author_IP>192.0.2.7</wp:comment_author_IP><wp:comment_date>2011-03-08 20:46:25</wp:comment_date>
<wp:comment_date_gmt>2011-03-08 20:46:25</wp:comment_date_gmt>
<wp:comment_content><![CDATA[How long do they soak?]]></wp:comment_content>
<wp:comment_approved>1</wp:comment_approved><wp:comment_type></wp:comment_type><wp:comment_parent>0</wp:comment_parent>
</wp:comment></item></channel></rss>"""


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, settings: Any) -> None:
    settings.DESCANT_DATA = tmp_path


def left_in(folder: Path) -> list[Path]:
    return sorted((folder / "imports").glob("*"))


def send(program: Program, content: bytes, *, headers: Any = None, **more: str) -> Any:
    """As the plugin does: parts of a form, no Referer."""
    said = {"sourceType": "0", "forum": "gazette", "api_key": program.public, "access_token": program.token}
    file = SimpleUploadedFile("export.wxr", content, content_type="application/rss+xml")
    return Client(enforce_csrf_checks=True).post(CREATE, {**said, **more, "upload": file}, headers=headers)


def test_an_articles_comments_are_brought_in(anns: Program, cast: Cast, tmp_path: Path) -> None:
    told = send(anns, WXR.encode()).json()["response"]
    assert send(anns, WXR.encode()).json()["response"]["id"] == told["id"]
    assert (told["state"], told["fileName"], told["forum"]) == ("waiting", "export.wxr", "gazette")
    (path,) = (tmp_path / "imports").iterdir()
    assert (path.parent.stat().st_mode & 0o777, path.stat().st_mode & 0o777) == (0o700, 0o600)
    work()
    assert not path.exists()
    job = anns.ask("imports/details", by="GET", **{"import": told["id"]}).response
    assert (job["state"], job["format"], job["refusal"]) == ("finished", "wordpress", "")
    asked = {"thread_ident": "12 https://gazette.example/?p=12"}
    (post,) = anns.ask("threads/listPosts", by="GET", **asked).response
    assert (post["author"]["name"], post["createdAt"]) == ("Ada", "2011-03-08T20:46:25")
    send(anns, WXR.encode())
    work()
    assert Comment.objects.of(cast.gazette).count() == 1


def test_what_is_no_export_is_refused_with_its_reason(anns: Program) -> None:
    job = send(anns, b"<rss").json()["response"]["id"]
    work()
    told = anns.ask("imports/details", by="GET", **{"import": job}).response
    assert told["state"] == "refused"
    assert told["refusal"]


def test_our_own_format_is_refused_where_something_was_said(anns: Program, say: Say) -> None:
    say("Rye.")
    job = send(anns, b'{"row":"descant"}\n', format="native").json()["response"]["id"]
    work()
    told = anns.ask("imports/details", by="GET", **{"import": job}).response
    assert (told["state"], "empty forum" in told["refusal"]) == ("refused", True)


@pytest.mark.parametrize("length", [0, 1024**2 + 1], ids=["empty", "too long"])
def test_a_file_has_bounds(anns: Program, tmp_path: Path, settings: Any, length: int) -> None:
    settings.DESCANT_IMPORT_MB = 1
    assert send(anns, b"x" * length).json()["code"] == 2
    assert left_in(tmp_path) == []
    assert send(anns, b"x" * 1024**2).json()["code"] == 0


def test_only_an_owner_brings_something_in_and_nothing_of_others_is_kept(
    bos: Program, tmp_path: Path
) -> None:
    assert send(bos, WXR.encode()).status_code == 403
    assert left_in(tmp_path) == []


def test_a_file_is_on_disk_from_its_first_byte_and_there_once(anns: Program, tmp_path: Path) -> None:
    content = b"<rss" + b" " * 3_000_000
    job = send(anns, content).json()["response"]["id"]
    (path,) = left_in(tmp_path)
    assert (path.read_bytes() == content, path.stat().st_mode & 0o777) == (True, 0o600)
    assert path.name == ImportJob.objects.get(pk=job).file
    send(anns, content)
    assert left_in(tmp_path) == [path]


def test_the_same_name_of_a_request_with_another_file_is_another_request(anns: Program, cast: Cast) -> None:
    named = {"Idempotency-Key": "oats"}
    first, again, other = (
        send(anns, content, headers=named)
        for content in (WXR.encode(), WXR.encode(), WXR.replace("Ada", "Eve").encode())
    )
    assert (first.status_code, again.json(), other.status_code) == (200, first.json(), 409)
    assert again.headers[REPLAYED] == "true"
    assert cast.gazette.import_jobs.count() == 1


def test_files_that_nobody_will_read_go(anns: Program, tmp_path: Path) -> None:
    job = send(anns, WXR.encode()).json()["response"]["id"]
    (waiting,) = left_in(tmp_path)
    arriving, begun = waiting.with_name("tmpabc"), waiting.with_name("tmpdef")
    for path in (arriving, begun):
        path.write_bytes(b"<rss")
    hour_ago = time.time() - ARRIVING_SECONDS - 60
    for path in (waiting, begun):
        os.utime(path, (hour_ago, hour_ago))
    drop_old_uploads()
    assert left_in(tmp_path) == sorted([waiting, arriving])
    ImportJob.objects.update(touched_at=timezone.now() - KEPT - timedelta(minutes=1))
    drop_old_uploads()
    assert left_in(tmp_path) == [arriving]
    told = anns.ask("imports/details", by="GET", **{"import": job}).response
    assert (told["state"], "hand it over again" in told["refusal"]) == ("refused", True)


def test_it_asks_for_what_was_written_between_two_times(anns: Program, say: Say) -> None:
    """Its sync: `posts/list` with `start` and `end`, by the secret alone, page by page."""
    first, second, _third = say("Rye."), say("Wheat."), say("Spelt.")
    server = Program(anns.secret, "", "")
    start, end = (each.created_at.replace(tzinfo=None).isoformat() for each in (first, second))
    asked = {
        "forum": "gazette",
        "start": start,
        "end": end,
        "limit": "100",
        "order": "asc",
        "related": "thread",
    }
    told = server.ask("posts/list", by="GET", **asked).response
    assert [post["id"] for post in told] == [str(first.pk), str(second.pk)]
    assert told[0]["thread"]["identifiers"] == ["bread"]


def work() -> None:
    directory.forget()
    for _round in range(2):
        drain("default")
