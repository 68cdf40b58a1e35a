"""In which coding a page is sent: as it is packed to who reads it first, as she likes it best to who comes after."""

from types import SimpleNamespace
from typing import Any

import pytest

from descant.forums.caches.sending import Document, RestsOn
from descant.site.front.pages import Page, page_of

BROWSER = "gzip, deflate, br, zstd"


@pytest.fixture
def page() -> Page:
    rests_on = RestsOn(forum_id=3, revision=1, partition="p1", thread_id=1_025, version=1)
    made = page_of(Document([b"Rye. " * 100], {}, rests_on=rests_on), ["gzip"], seen=1, made_at=0.0)
    assert isinstance(made, Page)
    return made


def sent(page: Page, accepted: str) -> str:
    """The coding in which a reader is sent the page, or in which it must be packed for her first."""
    answers: list[Any] = []
    scope = SimpleNamespace(method="GET", headers={"accept-encoding": accepted})
    lacking = page.send(scope, SimpleNamespace(response_bytes=lambda *said: answers.append(said)))
    return f"not {lacking}" if lacking else dict(answers[0][1]).get("Content-Encoding", "plain")


def test_who_reads_it_first_takes_it_as_it_is_packed(page: Page) -> None:
    assert [sent(page, accepted) for accepted in (BROWSER, "gzip", "", "br;q=0.5, identity")] == [
        "gzip",
        "gzip",
        "plain",
        "plain",
    ]


def test_who_takes_nothing_but_brotli_is_sent_that(page: Page) -> None:
    assert sent(page, "br") == "not br"


def test_who_reads_it_again_has_it_as_browsers_like_it_best(page: Page) -> None:
    page.was_read = True
    assert sent(page, BROWSER) == "not br"
    page.pack("br")
    assert [sent(page, accepted) for accepted in (BROWSER, "gzip")] == ["br", "gzip"]
