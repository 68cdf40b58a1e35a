"""The log, the bans, the appeals, merging, and what a forum tells everybody: each with its budget of queries."""

import re
import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from descant.discussion.addressing.addresses import PageAddress
from descant.discussion.addressing.finding import make_thread
from descant.discussion.deciding import appeal_against, decide
from descant.discussion.deciding.comments import BEFORE
from descant.discussion.judging.afterwards import VERDICTS
from descant.discussion.models import Appeal, Comment, Decision, Thread
from descant.forums.models import Ban
from descant.forums.opening import change_forum
from descant.moderate.pages import log as log_page
from descant.moderate.pages import transparency
from descant.moderate.pages.sentences import SENTENCES
from django_headroom.testing import query_budget
from tests.descant.conftest import Cast
from tests.descant.moderate.conftest import HOME, Desk, item
from tests.descant.moderate.test_queue import again

pytestmark = pytest.mark.django_db(databases=["default", "p1", "p2"])

Say = Callable[..., Comment]


@pytest.fixture(autouse=True)
def _fresh_counts() -> Iterator[None]:
    transparency.forget()
    yield
    transparency.forget()


def test_the_log_tells_each_batch_in_one_line_with_its_undo(cast: Cast, bo: Desk, say: Say) -> None:
    comments = [say(str(number)) for number in range(4)]
    batch = uuid.uuid4()
    decide(
        forum=cast.gazette, comments=comments[:3], verdict="spam", by=cast.ann, batch=batch, reason="adverts"
    )
    decide(forum=cast.gazette, comments=comments[3:], verdict="hide", by=cast.bo)
    html = bo.get("/moderate/log/").content.decode()
    assert html.count('<button name="batch"') == 2
    assert re.search(r"Ann</bdi></b> called 3 comments spam\s*<q><bdi>adverts", html)
    bo.do("undo", batch=batch, back="/moderate/log/")
    html = bo.get("/moderate/log/").content.decode()
    assert "3 undone" in html
    assert html.count('<button name="batch"') == 1


@pytest.mark.parametrize(
    ("language", "told"),
    [
        (
            "de",
            "<b><bdi>Bo</bdi></b> hat <a{}>einen Kommentar von <bdi>Cy</bdi> zu <bdi>Bread</bdi></a> verborgen",
        ),
        ("fr", "<b><bdi>Bo</bdi></b> a masqué <a{}>un commentaire de <bdi>Cy</bdi> sur <bdi>Bread</bdi></a>"),
        ("ar", "إخفاء <a{}>تعليق <bdi>Cy</bdi> على <bdi>Bread</bdi></a>: <b><bdi>Bo</bdi></b>"),
    ],
)
def test_the_log_speaks_in_sentences_of_the_language(
    cast: Cast, bo: Desk, say: Say, language: str, told: str
) -> None:
    decide(forum=cast.gazette, comments=[say("Rye.")], verdict="hide", by=cast.bo)
    html = bo.get("/moderate/log/", headers={"Accept-Language": language}).content.decode()
    assert told in re.sub(r"<a href[^>]*>", "<a{}>", html)


def test_every_verdict_has_its_sentence() -> None:
    verdicts = {
        *BEFORE,
        *VERDICTS.values(),
        "edit",
        "pin",
        "unpin",
        "close",
        "reopen",
        "rename",
        "remove",
        "merge",
        "undo",
        "uphold",
    }
    assert verdicts == {*SENTENCES}


def test_the_log_goes_on_by_a_key(cast: Cast, bo: Desk, say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_page, "LINES", 2)
    for number in range(5):
        decide(forum=cast.gazette, comments=[say(str(number))], verdict="hide", by=cast.bo)
    seen, path = [], "/moderate/log/"
    while path:
        html = bo.get(path).content.decode()
        seen += re.findall(r'<button name="batch" value="([^"]+)"', html)
        further = re.search(r'href="(\?[^"]+)" rel="next"', html)
        path = f"/moderate/log/{further[1].replace('&amp;', '&')}" if further else ""
    assert len(seen) == len(set(seen)) == 5


def test_the_log_of_two_partitions_takes_few_queries(cast: Cast, bo: Desk, say: Say, both: None) -> None:
    for number in range(8):
        decide(forum=cast.gazette, comments=[say(str(number))], verdict="hide", by=cast.bo)
    with query_budget(11):
        bo.get("/moderate/log/")


def test_a_ban_is_made_shown_with_its_reason_and_lifted(cast: Cast, bo: Desk, say: Say) -> None:
    comment = say("Buy.")
    told = bo.ask("ban", item=item(comment), kind="account", reason="adverts", days="7")[1]
    assert told["message"] == "Banned: Cy."
    made = Ban.objects.get()
    assert made.until is not None
    assert timedelta(days=6) < made.until - made.made_at <= timedelta(days=7, seconds=5)
    with query_budget(5):
        html = bo.get("/moderate/bans/").content.decode()
    assert "adverts" in html
    assert "Banned: <bdi>Cy" in bo.get("/moderate/near/", {"item": item(comment)}).content.decode()
    bo.do("lift", forum="gazette", ban=made.pk, back="/moderate/bans/")
    assert "adverts" not in bo.get("/moderate/bans/").content.decode()
    assert "lifted by" in bo.get("/moderate/bans/?ended=1").content.decode()
    assert "Was banned" in bo.get("/moderate/near/", {"item": item(comment)}).content.decode()


def test_a_range_is_banned_as_it_is_typed(cast: Cast, bo: Desk) -> None:
    assert bo.ask("ban", forum="gazette", range="198.51.100.0/24", reason="flood")[0] == 200
    assert Ban.objects.get().value == "198.51.100.0/24"
    assert bo.ask("ban", forum="gazette", range="0.0.0.0/0", reason="flood")[0] == 400
    assert bo.ask("ban", forum="gazette", range="192.0.2.0/24", reason="x", days="5")[0] == 400


def test_an_appeal_waits_and_is_answered(cast: Cast, bo: Desk, say: Say) -> None:
    comment = say("Rye.")
    decide(forum=cast.gazette, comments=[comment], verdict="spam", by=cast.ann, reason="advert?")
    appeal_against(forum=cast.gazette, comment=again(comment), author=cast.cy, said="It is bread.")
    with query_budget(9):
        html = bo.get("/moderate/appeals/").content.decode()
    for words in ("It is bread.", "advert?", "Rye.", "Ann"):
        assert words in html
    appeal = Appeal.objects.of(cast.gazette).get()
    asked = {"forum": "gazette", "appeal": appeal.pk, "answer": "Right.", "granted": "yes"}
    assert bo.ask("answer", **asked)[1]["changed"] == 1
    assert again(comment).state == "shown"
    assert bo.ask("answer", **asked)[0] == 409
    assert "No appeal waits." in bo.get("/moderate/appeals/").content.decode()


def test_a_thread_is_merged_into_one_found_by_address_or_title(
    cast: Cast, bo: Desk, say: Say, bread: Thread
) -> None:
    say("Rye.")
    cakes = make_thread(cast.gazette, PageAddress("", "https://gazette.example/cakes", "All about cakes"))
    for words in ("https://gazette.example/cakes", "CAKES about"):
        asked = {"forum": "gazette", "thread": bread.pk, "q": words}
        assert f'name="target" value="{cakes.pk}"' in bo.get("/moderate/merge/", asked).content.decode(), (
            words
        )
    assert "No thread of this forum" in bo.get("/moderate/merge/", {**asked, "q": "tea"}).content.decode()
    assert bo.ask("merge", forum="gazette", source=bread.pk, target=cakes.pk)[1]["batch"]
    bread.refresh_from_db()
    assert bread.merged_into_id == cakes.pk
    bo.ask("undo", batch=str(Decision.objects.of(cast.gazette).get().batch))
    bread.refresh_from_db()
    assert bread.state == "open"


def test_a_forum_tells_nothing_unless_its_owner_wants_it(cast: Cast) -> None:
    for name in ("gazette", "nowhere"):
        assert Client(**HOME).get(f"/f/{name}/transparency/").status_code == 404


def test_a_transparent_forum_tells_counts_and_names_nobody(cast: Cast, bo: Desk, say: Any) -> None:
    change_forum(forum=cast.gazette, is_transparent=True, premoderation="guests", policy="Be kind.")
    held = [say(f"Secret words {number}", by=cast.guest) for number in range(3)]
    decide(forum=cast.gazette, comments=held, verdict="approve", by=cast.bo, reason="Gus is fine")
    told = {"rule": 1, "title": "About Gus", "kind": "words"}
    Comment.objects.of(cast.gazette).filter(pk=held[0].pk).update(reasons=[told, "shadow_ban"])
    bo.ask("ban", item=item(again(held[0])), kind="guest", reason="Gus again")
    with query_budget(3):
        answer = Client(**HOME).get("/f/gazette/transparency/")
    html = answer.content.decode()
    for words in (
        "Comments approved",
        "less than a minute",
        "Comment of a guest",
        "Be kind.",
        "Guests banned",
    ):
        assert words in html, words
    for words in ("Gus", "Bo", "Secret words", "secret"):
        assert words not in html, words
    assert answer.headers["Cache-Control"] == "public, max-age=300"
    assert "Set-Cookie" not in answer.headers
    with query_budget(0):
        assert Client(**HOME).get("/f/gazette/transparency/").content == answer.content
