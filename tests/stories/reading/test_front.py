"""A real server of several processes: whatever was answered is in the next page, from whichever of them it comes."""

import contextlib
import gzip
import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import brotli

from tests.stories.reading.sites import PAGE, Site, get, page, site
from tests.stories.serving import descant

__all__ = ["site"]
POSTS = 300


def test_of_300_posts_each_is_in_the_next_page_of_every_process(site: Site) -> None:
    stale = 0
    with site.one_reader_of_each() as readers:
        for number in range(POSTS):
            thread = f"bread-{number % 30}"
            comment = site.post(f"Loaf {number}.", thread)
            stale += sum(f"descant-{comment}" not in page(reader, thread) for reader in readers)
    assert stale == 0


def test_what_another_program_hides_is_gone_from_every_process(site: Site) -> None:
    comment = site.post("Rye.", "hidden")
    with site.one_reader_of_each() as readers:
        assert all("Rye." in page(reader, "hidden") for reader in readers)
        site.say(
            "from descant.discussion.deciding import decide\n"
            "from descant.discussion.authors import Author\n"
            "from descant.discussion.models import Comment\n"
            "from descant.forums.directory import forum_named\n"
            "from descant.forums.models import Role\n"
            "forum = forum_named('gazette')\n"
            f"comments = [Comment.objects.of(forum).select_related('thread').get(pk={comment})]\n"
            "bo = Author(role=Role.Kind.MODERATOR)\n"
            "assert decide(forum=forum, comments=comments, verdict='hide', by=bo) == 1\n"
        )
        assert not any("Rye." in page(reader, "hidden") for reader in readers)


def test_what_an_owner_changes_is_so_in_every_process(site: Site) -> None:
    site.post("Rye.", "framed")
    with site.one_reader_of_each() as readers:
        for reader in readers:
            assert "other.example" not in get(reader, f"{PAGE}framed").headers["Content-Security-Policy"]
        descant("forum", "set", "gazette", "--add-domain", "other.example", environment=site.environment)
        for reader in readers:
            assert "other.example" in get(reader, f"{PAGE}framed").headers["Content-Security-Policy"]


def test_a_page_comes_in_the_coding_that_was_asked_for_and_once(site: Site) -> None:
    site.post("Rye. " * 300, "codings")
    reader = http.client.HTTPConnection("127.0.0.1", site.port, timeout=20)
    with contextlib.closing(reader):
        path = f"{PAGE}codings"
        plain, zipped = get(reader, path), get(reader, path, Accept_Encoding="gzip, deflate")
        brown = get(reader, path, Accept_Encoding="gzip, deflate, br, zstd")
        assert "Content-Encoding" not in plain.headers
        assert (zipped.headers["Content-Encoding"], brown.headers["Content-Encoding"]) == ("gzip", "br")
        assert gzip.decompress(zipped.whole) == brotli.decompress(brown.whole) == plain.whole
        assert len(brown.whole) < len(plain.whole) > len(zipped.whole)
        for answer in (plain, zipped, brown):
            assert answer.headers["Vary"] == "Accept-Encoding"
            assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert answer.headers["Cache-Control"] == "public, s-maxage=1"
            assert len(answer.headers.get_all("Content-Length")) == 1
            head = get(reader, path, "HEAD", Accept_Encoding=answer.headers["Content-Encoding"] or "")
            assert head.whole == b""
            assert head.headers["Content-Length"] == answer.headers["Content-Length"]
        for etag in (plain.headers["ETag"], zipped.headers["ETag"], f'"other", {brown.headers["ETag"]}', "*"):
            unchanged = get(reader, path, If_None_Match=etag, Accept_Encoding="br")
            assert (unchanged.status, unchanged.whole) == (304, b"")
            assert unchanged.headers["Content-Security-Policy"] == plain.headers["Content-Security-Policy"]
            assert unchanged.headers["Cache-Control"] == plain.headers["Cache-Control"]
        assert get(reader, path, If_None_Match='"other"').status == 200


def test_a_page_is_the_same_whoever_asks_and_by_whatever_name(site: Site) -> None:
    site.post("Rye.", "public")
    with site.one_reader_of_each() as (reader, *_):
        first = get(reader, f"{PAGE}public")
        assert get(reader, f"{PAGE}public&utm_source=x&order=best&order=nonsense&lang=").whole == first.whole
        assert get(reader, "/embed/comments/?t_i=public&f=gazette&cursor=").whole == first.whole
        asked = get(
            reader,
            f"{PAGE}public",
            Cookie="descant=abc; descant_language=de",
            Authorization="Bearer abc",
            Accept_Language="de",
            X_Forwarded_For="192.0.2.7",
        )
        assert asked.whole == first.whole
        assert "Set-Cookie" not in asked.headers
        assert get(reader, f"{PAGE}public&order=newest").whole != first.whole
        assert get(reader, f"{PAGE}public&lang=de").whole != first.whole


def test_what_is_no_page_is_answered_by_django(site: Site) -> None:
    with site.one_reader_of_each() as (reader, *_):
        assert get(reader, "/embed/comments/?f=nobody&t_i=x").status == 404
        assert get(reader, "/embed/comments/?f=gazette").status == 400
        assert get(reader, f"{PAGE}x&cursor=%FF").status == 400
        assert get(reader, f"{PAGE}{'x' * 2_000}").status == 400
        assert get(reader, f"{PAGE}x", "OPTIONS").status == 405
        assert get(reader, "/healthz").whole == b"ok\n"
        assert get(reader, "/caf%C3%A9/%FF").status == 404
        assert get(reader, "/embed.js").status == 200
        static = re.search(r'/static/[^"]+\.js', page(reader, "x"))
        assert static
        assert get(reader, static[0]).status == 200


def test_files_of_many_pieces_arrive_whole(site: Site) -> None:
    folder = Path(site.environment["DESCANT_DATA"]) / "static" / "descant"
    files = [path for path in sorted(folder.glob("*.*")) if path.suffix in (".css", ".js")]
    assert max(path.stat().st_size for path in files) > 10_000, "more than one piece"
    with site.one_reader_of_each() as (reader, *_):
        for path in files:
            assert get(reader, f"/static/descant/{path.name}").whole == path.read_bytes()


def test_a_body_that_is_too_long_or_never_comes_keeps_nobody(site: Site) -> None:
    with site.one_reader_of_each() as (reader, *_):
        waiting = []
        for _ in range(800):  # more than there are threads, and places to wait in all processes
            each = socket.create_connection(("127.0.0.1", site.port), timeout=20)
            each.sendall(b"POST /embed/do/post HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n{")
            waiting.append(each)
        time.sleep(0.5)  # until all are read as far as they go
        assert get(reader, "/healthz").status == 200
        for each in waiting:
            each.close()
        assert get(reader, "/healthz").status == 200
    reader = http.client.HTTPConnection("127.0.0.1", site.port, timeout=20)
    with contextlib.closing(reader), contextlib.suppress(BrokenPipeError, ConnectionResetError):
        reader.request("POST", "/api/3.0/posts/create.json", b"x" * 2_000_000)
        assert reader.getresponse().status == 413


def test_hot_pages_are_answered_while_all_of_django_is_busy(site: Site) -> None:
    """As many requests as there are threads hang on a lock in the database; readers notice nothing."""
    site.post("Rye.", "busy")
    with site.one_reader_of_each() as readers:
        for reader in readers:
            page(reader, "busy")
        hold = (
            "import sys\nfrom django.db import transaction\nfrom django_headroom.transactions import writing\n"
            "from descant.discussion.models import Thread\nfrom descant.forums.directory import forum_named\n"
            "forum = forum_named('gazette')\n"
            "with writing(forum):\n"
            "    Thread.objects.of(forum).update(source='held')\n    print('held', flush=True)\n"
            "    sys.stdin.read()\n"
        )
        holder = subprocess.Popen(
            [sys.executable, "-m", "descant", "manage", "shell", "-v", "0", "-c", hold],
            env=dict(site.environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert holder.stdout
        assert holder.stdout.readline() == "held\n"
        writers = [threading.Thread(target=try_to_post, args=(site,)) for _ in range(20)]
        for writer in writers:
            writer.start()
        time.sleep(0.5)
        for _ in range(100):
            for reader in readers:
                assert "Rye." in page(reader, "busy")
        assert holder.poll() is None, "the lock was still held when they had all been answered"
        holder.communicate()
        for writer in writers:
            writer.join()


def try_to_post(site: Site) -> None:
    with contextlib.suppress(AssertionError, ValueError, OSError, http.client.HTTPException):
        site.post("Oats.", "busy")


def test_what_was_acknowledged_before_a_process_was_killed_is_in_the_pages(site: Site) -> None:
    acknowledged: list[str] = []
    stop = threading.Event()

    def write(name: str) -> None:
        while not stop.is_set():
            with contextlib.suppress(OSError, http.client.HTTPException, ValueError, AssertionError):
                acknowledged.append(site.post(f"Loaf {name}.", f"killed-{name}"))

    writers = [threading.Thread(target=write, args=(str(number),)) for number in range(4)]
    for writer in writers:
        writer.start()
    for _ in range(2):
        with site.readers() as found:
            os.kill(min(found), signal.SIGKILL)
        time.sleep(1.0)
    stop.set()
    for writer in writers:
        writer.join()
    assert acknowledged
    with site.one_reader_of_each() as readers:
        for reader in readers:
            shown = "".join(
                get(reader, f"{PAGE}killed-{number}&order=newest").whole.decode() for number in range(4)
            )
            last = [comment for comment in acknowledged[-4:] if f"descant-{comment}" not in shown]
            assert not last
