"""Caches before a site: what they answer, what they ask, how soon they know."""

import contextlib
import gzip
import http.client
import os
import re
import signal
import socket
import threading
import time
from collections.abc import Mapping
from pathlib import Path

from tests.servers import free_port
from tests.stories.reading.caches import (
    Before,
    Site,
    behind_haproxy,
    behind_varnish,
    folder,
    haproxy,
    running_site,
    varnish,
    wait_until,
)
from tests.stories.serving import descant

__all__ = ["behind_haproxy", "behind_varnish", "folder"]

HIDING = """
from descant.accounts.models import User
from descant.discussion.authors import Author
from descant.discussion.deciding import decide
from descant.discussion.models import Comment
from descant.forums.directory import forum_named

ann = User.objects.create_user(username="ann", email="ann@mail.example", name="Ann")
gazette = forum_named("gazette")
comments = list(Comment.objects.of(gazette).filter(pk={id}).select_related("thread"))
decide(forum=gazette, comments=comments, verdict="hide", by=Author(user=ann, role="owner"))
"""
CLOSING = """
from descant.accounts.models import User
from descant.discussion.addressing.addresses import PageAddress
from descant.discussion.addressing.finding import find_thread
from descant.discussion.authors import Author
from descant.discussion.deciding import set_thread_state
from descant.forums.directory import forum_named

ann = User.objects.create_user(username="ann", email="ann@mail.example", name="Ann")
gazette = forum_named("gazette")
bread = find_thread(gazette, PageAddress(identifier="bread"))
set_thread_state(forum=gazette, thread=bread, state="closed", by=Author(user=ann, role="owner"))
"""
HIT = re.compile(r"\d+ \d+")  # of Varnish: the question, and the one before that was answered from Descant


def test_haproxy_asks_for_a_hot_page_once_a_second_and_knows_a_new_comment_in_the_next(
    behind_haproxy: Before,
) -> None:
    before = behind_haproxy
    before.post("bread", "Rye.")
    before.get("bread")
    began = time.monotonic()
    answers = [
        before.get("bread", Cookie=f"descant={number}", Authorization="Bearer x")[0] for number in range(300)
    ]
    seconds = time.monotonic() - began
    fresh = sum(answer.headers["Age"] is None for answer in answers)
    assert fresh <= seconds + 1, "whatever cookies they came with"
    before.post("bread", "Spelt.")
    wait_until(lambda: before.shows("bread", "Spelt."))


def test_no_reader_behind_haproxy_gets_a_coding_that_she_does_not_take(behind_haproxy: Before) -> None:
    before = behind_haproxy
    before.post("bread", "Rye.")
    packed, bytes_ = before.get("bread", Accept_Encoding="gzip")
    assert packed.headers["Content-Encoding"] == "gzip"
    for _round in range(5):
        plain, body = before.get("bread")
        assert plain.headers["Content-Encoding"] is None
        assert gzip.decompress(bytes_) == body
    etag = packed.headers["ETag"]
    assert before.get("bread", Accept_Encoding="gzip", If_None_Match=etag)[0].status == 304


class Deaf:
    """A machine that hears a question and dies over it."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.port = self.listening.getsockname()[1]
        self._hearing = threading.Thread(target=self._hear)
        self._hearing.start()

    def close(self) -> None:
        self.listening.shutdown(socket.SHUT_RDWR)
        self._hearing.join()
        self.listening.close()

    def _hear(self) -> None:
        while True:
            try:
                asked, _ = self.listening.accept()
            except OSError:
                return
            heard = asked.recv(65536)
            if b"/healthz" in heard:
                asked.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
            else:
                self.heard.append(heard)
            asked.close()


def test_haproxy_asks_again_for_a_page_and_never_writes_twice(folder: Path) -> None:
    deaf = Deaf()
    with contextlib.closing(deaf), haproxy(folder, deaf.port) as port:
        before = Before(port, Site(deaf.port, "", {}, None))  # type: ignore[arg-type]
        wait_until(lambda: before.ask("GET", "/healthz")[0].status == 200)
        assert before.ask("POST", "/api/3.0/posts/create.json", "message=Rye")[0].status == 502
        assert len(deaf.heard) == 1
        assert before.get("bread")[0].status == 502
        assert len(deaf.heard) == 1 + 3


def test_varnish_keeps_a_page_until_its_thread_changes_and_no_other(behind_varnish: Before) -> None:
    before = behind_varnish
    ids = {thread: before.post(thread, "Rye.") for thread in ("bread", "cake")}
    for thread in ids:
        wait_until(lambda thread=thread: is_kept(before, thread))
    before.post("bread", "Spelt.")
    wait_until(lambda: before.shows("bread", "Spelt."))
    assert is_kept(before, "cake"), "it was not told of"
    hide(before.site.environment, ids["bread"])
    wait_until(lambda: not before.shows("bread", "Rye."))
    assert before.shows("bread", "Spelt.")


def test_varnish_keeps_a_page_once_whatever_is_added_to_its_address(behind_varnish: Before) -> None:
    before = behind_varnish
    before.post("bread", "Rye.")
    wait_until(lambda: is_kept(before, "bread"))
    path = before.path("bread")
    for same in (
        f"{path}&utm_source=mail",
        f"{path}&x",
        path.replace("?", "?gclid=7&"),
        f"{path}&&t=2&order_by=1",
    ):
        answer, page = before.ask("GET", same)
        assert HIT.fullmatch(answer.headers["X-Varnish"]), same
        assert b"Rye." in page
    answer, page = before.ask("GET", f"{path}&order=oldest")
    assert not HIT.fullmatch(answer.headers["X-Varnish"]), "that is another page"
    assert b"Rye." in page


def test_varnish_tells_nobody_how_it_is_told_and_strangers_tell_it_nothing(behind_varnish: Before) -> None:
    before = behind_varnish
    before.post("bread", "Rye.")
    wait_until(lambda: is_kept(before, "bread"))
    answer, _ = before.get("bread")
    assert not {"surrogate-key", "surrogate-control", "xkey"} & {name.lower() for name in answer.headers}
    stranger = http.client.HTTPConnection("127.0.0.1", before.port, source_address=("127.0.0.2", 0))
    with contextlib.closing(stranger):
        stranger.request("POST", "/purge", headers={"Surrogate-Key": "f1"})
        assert stranger.getresponse().status == 403
    by_a_proxy = before.ask("POST", "/purge", " ", Surrogate_Key="f1", X_Forwarded_For="203.0.113.9")[0]
    assert by_a_proxy.status == 403, "though the proxy that ends TLS stands on this machine"
    assert is_kept(before, "bread")
    assert before.ask("GET", "/purge")[0].status == 405


def test_nobody_makes_the_addresses_in_a_feed_insecure_for_others(behind_varnish: Before) -> None:
    behind_varnish.post("bread", "Rye.")
    for scheme in ("http", "https"):
        feed = behind_varnish.ask("GET", "/embed/feed/?f=gazette&t_i=bread", X_Forwarded_Proto=scheme)[1]
        assert f'href="{scheme}://localhost:'.encode() in feed


def test_a_forum_that_is_changed_is_seen_changed_behind_varnish(behind_varnish: Before) -> None:
    behind_varnish.post("bread", "Rye.")
    wait_until(lambda: is_kept(behind_varnish, "bread"))
    assert behind_varnish.ask("POST", "/purge", " ", Surrogate_Key="f1")[0].reason.startswith("Dropped 1")


def test_while_descant_is_away_varnish_shows_what_it_had(behind_varnish: Before) -> None:
    before = behind_varnish
    before.post("bread", "Rye.")
    wait_until(lambda: is_kept(before, "bread"))
    os.killpg(before.site.process.pid, signal.SIGKILL)
    before.ask("POST", "/purge", " ", Surrogate_Key="f1 t1 t2 t1025 t1026")  # all of it is old now
    time.sleep(0.6)
    for _time in range(20):
        answer, body = before.get("bread")
        assert (answer.status, b"Rye." in body) == (200, True)
        time.sleep(0.1)
    assert before.get("cake")[0].status == 503


class Gate:
    """What leads to Varnish when it is opened; before, nobody hears who knocks."""

    def __init__(self, port: int, to: int) -> None:
        self.port, self.to, self._streams = port, to, contextlib.ExitStack()

    def __enter__(self) -> "Gate":
        self._listening = self._streams.enter_context(socket.create_server(("127.0.0.1", self.port)))
        self._passing = threading.Thread(target=self._pass)
        self._passing.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._passing.join()
        self._streams.close()

    def _pass(self) -> None:
        """One question a connection: the whole of it is there at once."""
        with contextlib.suppress(OSError):
            while True:
                asked, _ = self._listening.accept()
                with asked, socket.create_connection(("127.0.0.1", self.to), timeout=20) as varnish:
                    varnish.sendall(asked.recv(65_536).replace(b"keep-alive", b"close"))
                    while said := varnish.recv(65_536):
                        asked.sendall(said)


def test_what_varnish_could_not_be_told_it_is_told_when_it_hears(folder: Path) -> None:
    """A thread that was closed and a forum that was changed, by processes that are gone, while nobody heard."""
    port, gate = free_port(), free_port()
    told = {"DESCANT_PURGE": f"http://127.0.0.1:{gate}/purge", "DESCANT_TRUSTED_PROXIES": "127.0.0.1"}
    with running_site(folder, "gate", **told) as site, varnish(folder, port, site.port):
        before = Before(port, site)
        for thread in ("bread", "cake"):
            before.post(thread, "Rye.")
        for thread in ("bread", "cake"):
            wait_until(lambda thread=thread: is_kept(before, thread))
        descant("manage", "shell", "--command", CLOSING, environment=site.environment)
        descant("forum", "set", "gazette", "--language", "de", environment=site.environment)
        assert all(is_kept(before, thread) for thread in ("bread", "cake")), "nobody has told it"
        assert before.shows("bread", 'lang="en"')
        with Gate(gate, port):
            wait_until(
                lambda: before.shows("bread", 'lang="de"') and before.shows("bread", "data-closed"), 120
            )
            wait_until(lambda: before.shows("cake", 'lang="de"'), 120)


def is_kept(before: Before, thread: str) -> bool:
    """Whether the cache answers by itself, and has done so for longer than one may that is told nothing."""
    answer, _ = before.get(thread)
    return bool(HIT.fullmatch(answer.headers["X-Varnish"])) and int(answer.headers["Age"]) >= 2


def hide(environment: Mapping[str, str], comment_id: str) -> None:
    """By a process that is gone before it could tell any cache: it is for the worker to tell."""
    descant("manage", "shell", "--command", HIDING.format(id=comment_id), environment=environment)
