"""Real event streams of a real server: what is written reaches who reads, and whoever comes back has missed nothing."""

import contextlib
import os
import signal
import socket
import time
from pathlib import Path
from urllib.parse import urlencode

from tests.stories.reading.sites import WORKERS, Site, everybody_below, open_sockets, site, sockets
from tests.stories.reading.streams import PATIENCE, Stream, asked, watching

__all__ = ["site"]
HIDE = (
    "from descant.discussion.deciding import decide\n"
    "from descant.discussion.authors import Author\n"
    "from descant.discussion.models import Comment\n"
    "from descant.forums.directory import forum_named\n"
    "from descant.forums.models import Role\n"
    "forum = forum_named('gazette')\n"
    "comments = [Comment.objects.of(forum).select_related('thread').get(pk={comment})]\n"
    "assert decide(forum=forum, comments=comments, verdict='{verdict}', by=Author(role=Role.Kind.MODERATOR)) == 1\n"
)


def other_end(site: Site, stream: Stream) -> int:
    """The process at the other end."""
    ours = sockets(site.port, stream.near)
    return next(pid for pid in everybody_below(site.process.pid) if open_sockets(pid) & ours)


def test_a_post_reaches_everybody_in_every_process(site: Site) -> None:
    site.post("First.", "bread")
    with contextlib.ExitStack() as stack:
        readers = [stack.enter_context(watching(site, "bread")) for _ in range(40)]
        assert len({other_end(site, reader) for reader in readers}) > 1
        comment = site.post("Rye.", "bread")
        events = [reader.next() for reader in readers]
        assert {event.told["lines"][0]["id"] for event in events} == {comment}
        assert {tuple(event.texts) for event in events} == {("Rye.",)}
        assert {event.told["count"] for event in events} == {2}


def test_a_page_where_nobody_has_written_is_watched_too(site: Site) -> None:
    with watching(site, "unwritten") as reader:
        site.post("The first.", "unwritten")
        assert reader.next().texts == ["The first."]
        site.post("The second.", "unwritten")
        assert reader.next().texts == ["The second."]


def test_what_another_program_hides_is_told_without_its_words(site: Site) -> None:
    comment = site.post("Rye and caraway.", "hidden")
    with watching(site, "hidden") as reader:
        site.say(HIDE.format(comment=comment, verdict="hide"))
        event = reader.next()
        assert event.told["gone"] == [comment]
        assert "caraway" not in str(event.told)
        assert event.told["count"] == 0


def test_whoever_comes_back_is_told_what_she_has_missed_and_nothing_twice(site: Site) -> None:
    site.post("Known.", "away")
    with watching(site, "away") as reader:
        site.post("Heard.", "away")
        assert reader.next().texts == ["Heard."]
        last = reader.id
    missed = [f"Missed {number}." for number in range(5)]
    for text in missed:
        site.post(text, "away")
    back = Stream(site.port, asked(site, "away"), last)
    with contextlib.closing(back):
        assert back.next().texts == missed
        site.post("Then.", "away")
        assert back.next().texts == ["Then."]


def test_a_process_that_is_killed_loses_nothing_of_what_its_readers_wait_for(site: Site) -> None:
    site.post("Known.", "killed")
    with contextlib.ExitStack() as stack:
        readers = [stack.enter_context(watching(site, "killed")) for _ in range(20)]
        dead = other_end(site, readers[0])
        theirs = [reader for reader in readers if other_end(site, reader) == dead]
        before = site.post("Before.", "killed")
        assert {reader.next().told["lines"][0]["id"] for reader in theirs} == {before}
        os.kill(dead, signal.SIGKILL)
        assert [list(reader) for reader in theirs] == [[]] * len(theirs), "the streams have ended"
        after = site.post("After.", "killed")
        for reader in theirs:
            back = Stream(site.port, asked(site, "killed") | {"since": "1-0"}, reader.id)
            stack.callback(back.close)
            assert [line["id"] for line in back.next().told["lines"]] == [after]


def test_a_reader_who_takes_nothing_is_cut_and_others_are_not(site: Site) -> None:
    site.post("Known.", "slow")
    slow = socket.socket()
    slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    slow.connect(("127.0.0.1", site.port))
    with contextlib.closing(slow), watching(site, "slow") as reader:
        query = urlencode(asked(site, "slow"))
        slow.sendall(f"GET /embed/live/?{query} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        assert slow.recv(16).startswith(b"HTTP/1.1 200")
        near = slow.getsockname()[1]
        posted, until = 0, time.monotonic() + PATIENCE
        while sockets(site.port, near) and is_held(site, near) and time.monotonic() < until:
            site.post(f"{posted} {'loaf ' * 1_900}", "slow")
            posted += 1
            assert f"{posted - 1} loaf" in reader.next().texts[0]
        assert not is_held(site, near)
        assert posted > 10, "so much waits for her before she is given up"


def is_held(site: Site, near: int) -> bool:
    """Whether one of the site's processes holds the connection open."""
    ours = sockets(site.port, near)
    return any(open_sockets(pid) & ours for pid in everybody_below(site.process.pid))


def test_what_is_no_thread_has_no_stream(site: Site) -> None:
    site.post("Rye.", "known")
    known = asked(site, "known")
    wrong = [
        known | {"thread": "99999999"},
        known | {"f": "nobody"},
        known | {"since": "soon"},
        {"f": "gazette"},
    ]
    for query in wrong:
        stream = Stream(site.port, query)
        with contextlib.closing(stream):
            assert stream.answer.status == 404, query


def test_a_server_that_is_asked_to_end_lets_its_readers_go_at_once(site: Site) -> None:
    """Last in this file: whoever ends goes by itself, and is not killed after the time for that."""
    site.post("Rye.", "ending")
    with contextlib.ExitStack() as stack:
        readers = [stack.enter_context(watching(site, "ending")) for _ in range(WORKERS * 4)]
        site.process.send_signal(signal.SIGTERM)
        assert [list(reader) for reader in readers] == [[]] * len(readers)
        assert site.process.wait(timeout=PATIENCE) == 0
    assert "refused to gracefully stop" not in Path(site.environment["DESCANT_DATA"], "serve.log").read_text()
