"""Pages that the front makes by itself are those that Django would send, and are recorded as its requests are."""

import gzip
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from unittest.mock import Mock, patch

import pytest
from django.core.signals import request_finished, request_started
from django.db import OperationalError, close_old_connections
from django.test import Client
from django.utils import timezone

from descant.discussion.deciding import decide
from descant.discussion.models import Comment
from descant.site.front.answering import Front
from descant.site.front.asking import page_asked
from descant.site.front.making import make_page
from descant.site.front.pages import Answer, Page
from django_headroom.operations.performance import recording
from django_headroom.operations.performance.recording import Record
from django_headroom.operations.performance.telling import line_of
from django_headroom.operations.switches import switches
from django_headroom.testing import query_budget
from tests.descant.conftest import Cast

Say = Callable[..., Comment]
THREAD = "f=gazette&t_i=bread&t_u=https://gazette.example/bread"
CALLS_MOST = 2_200  # of Python's own functions
PACKING = ("Content-Encoding", "Content-Length", "ETag")


def made(query: str) -> Page | Answer:
    asked = page_asked(query)
    assert asked is not None
    with connections_stay():
        return Front().make(asked, ["gzip"])


@contextmanager
def connections_stay() -> Iterator[None]:
    """As Django's own test client has it: a test sees its rows in one connection."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    with patch("descant.site.front.making.close_old_connections"):
        yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def sent(query: str) -> tuple[int, bytes, dict[str, str]]:
    """Status, body and headers of what the front makes, but for how it is packed."""
    found = made(query)
    if isinstance(found, Answer):
        headers, body, status = found.headers, found.body, found.status
    else:
        headers, packed = found.codings["gzip"]
        body, status = gzip.decompress(packed), 200
    return status, body, {name: value for name, value in headers if name not in PACKING}


@pytest.fixture
def kept() -> Iterator[list[Record]]:
    found: list[Record] = []
    recording.at_the_end.append(found.append)
    yield found
    recording.at_the_end.remove(found.append)


@pytest.fixture
def talk(cast: Cast, say: Say) -> Comment:
    """A thread of more than a page, with answers, a deep one, and one that is hidden; gives the deepest."""
    deepest = say("Rye.", by=cast.bo)
    for number in range(7):
        deepest = say(f"deeper {number} <&>", to=deepest, by=cast.guest)
    hidden = say("secret", by=cast.cy)
    say("an answer to it", to=hidden)
    decide(forum=cast.gazette, comments=[hidden], verdict="hide", by=cast.bo)
    for number in range(30):
        say(f"number {number}")
    return deepest


@pytest.mark.parametrize(
    "more",
    [
        "",
        "&order=newest",
        "&order=oldest&lang=ar",
        "&lang=tlh",
        "&t_i=new",
        "&t_i=%22%3E%3Cb%3E",
        "&cursor=DEEPEST&lang=fr",
        "&cursor=broken",
        "&f=nobody",
        "&f=nobody&lang=de",
        "&t_u=https://elsewhere.example/",
        "&t_i=&t_u=",
    ],
)
def test_the_front_makes_what_django_would_send(
    client: Client, talk: Comment, monkeypatch: pytest.MonkeyPatch, more: str
) -> None:
    now = timezone.now()
    monkeypatch.setattr(
        timezone, "now", lambda: now
    )  # else one may say "just now" and the other not any more
    query = f"{THREAD}{more}".replace("DEEPEST", talk.anchor)
    by_django = client.get(f"/embed/comments/?{query}")
    headers = {name: value for name, value in by_django.items() if name not in PACKING}
    assert sent(query) == (by_django.status_code, by_django.content, headers)


def test_where_heavy_orders_are_off_the_front_leads_on_as_django_does(client: Client, talk: Comment) -> None:
    with switches(heavy_orders=False):
        by_django = client.get(f"/embed/comments/?{THREAD}")
        status, body, headers = sent(THREAD)
    assert (status, body) == (302, b"")
    assert headers == {name: value for name, value in by_django.items() if name not in PACKING}


def test_a_page_is_recorded_as_a_request(talk: Comment, kept: list[Record]) -> None:
    made(THREAD)
    made("f=nobody")
    page, error = kept
    assert (page.kind, page.route, page.status, error.status) == ("request", "embed/comments/", 200, 404)
    assert page.bytes
    assert page.databases["p1"].count == 1
    assert line_of(page)["method"] == "GET"


def test_what_fails_is_met_by_django_who_says_so(
    talk: Comment, kept: list[Record], monkeypatch: pytest.MonkeyPatch
) -> None:
    for error, status in ((OperationalError("gone"), 503), (ArithmeticError("a bug"), 500)):
        monkeypatch.setattr("descant.embed.pages.asking.read_page", Mock(side_effect=error))
        found = made(THREAD)
        assert isinstance(found, Answer)
        assert found.status == status
    assert [each.status for each in kept] == [500, 503, 500, 500]


def test_a_warm_page_is_one_statement_and_few_steps_of_the_interpreter(talk: Comment) -> None:
    """What a page costs is such steps above all; each that is added to all pages, or to each line, is seen here."""
    made(THREAD)
    steps = Counter[str]()

    def count(_frame: object, event: str, _of: object) -> None:
        steps[event] += 1

    with query_budget(1), connections_stay():
        sys.setprofile(count)
        try:
            make_page(page_asked(THREAD) or "", ["gzip"])
        finally:
            sys.setprofile(None)
    assert steps["call"] <= CALLS_MOST
