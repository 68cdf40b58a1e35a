"""What Disqus's plugin for WordPress sends: an article's comments as WXR, and asking for what was written since."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from descant.discussion.models import Comment
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


def send(program: Program, content: bytes, **more: str) -> Any:
    """As the plugin does: parts of a form, no Referer."""
    said = {"sourceType": "0", "forum": "gazette", "api_key": program.public, "access_token": program.token}
    file = SimpleUploadedFile("export.wxr", content, content_type="application/rss+xml")
    return Client(enforce_csrf_checks=True).post(CREATE, {**said, **more, "upload": file})


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


@pytest.mark.parametrize("content", [b"", b"x" * 1_000_001], ids=["empty", "too long"])
def test_a_file_has_bounds(anns: Program, tmp_path: Path, content: bytes) -> None:
    assert send(anns, content).json()["code"] == 2
    assert not (tmp_path / "imports").exists()


def test_only_an_owner_brings_something_in(bos: Program, tmp_path: Path) -> None:
    assert send(bos, WXR.encode()).status_code == 403
    assert not (tmp_path / "imports").exists()


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
