"""The frame, what it is refused and the window in which one signs in all speak the reader's language."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client
from django.utils.translation import activate, deactivate

from descant.accounts.tokens import issue_token
from descant.discussion.deciding import set_thread_state
from descant.discussion.models import Comment, Thread
from descant.forums.opening import change_forum
from tests.descant.conftest import Cast
from tests.descant.embed.test_pages import frame
from tests.descant.embed.test_signing_in import FROM_OUR_FRAME, POPUP, call

Say = Callable[..., Comment]
PAGE = {"identifier": "bread", "url": "https://gazette.example/bread"}
ARABIC = re.compile(r"[\u0600-\u06ff]{3}")
ENGLISH = re.compile(r"[A-Za-z]{2,} [a-z]{2,}")


@pytest.fixture
def cys(cast: Cast) -> Client:
    """Cy's browser, in which she is signed in."""
    browser = Client()
    assert cast.cy.user is not None
    browser.force_login(cast.cy.user, "allauth.account.auth_backends.AuthenticationBackend")
    return browser


def refused(act: str, lang: str, **body: Any) -> str:
    """The sentence that a call is refused with."""
    answer = call(act, lang=lang, thread=PAGE, **body)
    assert answer.status_code >= 400, answer.content
    return str(json.loads(answer.content)["error"]["message"])


def test_a_closed_thread_says_so_in_the_readers_language(cast: Cast, bread: Thread) -> None:
    set_thread_state(forum=cast.gazette, thread=bread, state="closed", by=cast.ann)
    said = {
        lang: refused("post", lang, text="Rye.", name="Gus") for lang in ("en", "de", "fr", "ar", "de-CH")
    }
    assert said["en"] == "This thread is closed: it takes no more comments."
    assert said["de"] == "Diese Diskussion ist geschlossen: Sie nimmt keine Kommentare mehr an."
    assert said["fr"] == "Cette discussion est fermée\u202f: elle n’accepte plus de commentaires."
    assert said["ar"] == "هذا النقاش مغلق: لا يقبل المزيد من التعليقات."
    assert said["de-CH"] == said["de"]


@pytest.mark.parametrize(
    ("act", "body"),
    [
        ("post", {"text": "", "name": "Gus"}),
        ("post", {"text": "x" * 10_001, "name": "Gus"}),
        ("post", {"text": "Rye.", "name": ""}),
        ("post", {"text": "Rye.", "name": "Moderator"}),
        ("post", {"text": "Rye.", "name": "x" * 61}),
        ("post", {"text": "Rye.", "name": "Gus", "parent": "999999999999"}),
        ("post", {"text": "Rye.", "name": "Gus", "parent": 1}),
        ("post", {"text": 7}),
        ("post", {"text": "Rye.", "name": "Gus", "thread": {}}),
        ("post", {"text": "Rye.", "name": "Gus", "thread": {"identifier": "x" * 301}}),
        ("post", {"text": "Rye.", "name": "Gus", "thread": {"url": "https://elsewhere.example/"}}),
        ("post", {"text": "Rye.", "name": "Gus", "forum": "nowhere"}),
        ("edit", {"text": "Wheat."}),
        ("delete", {}),
        ("vote", {"value": 2}),
        ("vote", {"value": 1}),
        ("decide", {"verdict": "hide"}),
        ("thread", {"state": "closed"}),
        ("mine", {"comments": 7}),
        ("collect", {"secret": "x"}),
        ("edit", {"comment": "999999999999"}),
        ("mine", {"token": "forged"}),
    ],
)
def test_every_refusal_is_said_in_the_readers_language(
    bread: Thread, say: Say, act: str, body: dict[str, Any]
) -> None:
    comment = str(say("Rye.").pk)
    # Before a forum is known, the browser's language is all there is.
    browser = Client(headers={"accept-language": "ar"})
    answer = call(act, browser, **{"comment": comment, "thread": PAGE, "lang": "ar", **body})
    said = json.loads(answer.content)["error"]["message"]
    assert answer.status_code >= 400
    assert ARABIC.search(said), said
    assert not ENGLISH.search(said), said


def test_what_a_moderator_does_wrong_is_said_in_her_language(cast: Cast, bread: Thread, say: Say) -> None:
    token = issue_token(forum_id=cast.gazette.pk, user=cast.bo.user)
    comment = str(say("Rye.").pk)
    assert "Entscheidung" in refused("decide", "de", token=token, comment=comment, verdict="burn")
    assert "offen oder geschlossen" in refused("thread", "de", token=token, state="ajar")


def test_who_is_too_fast_reads_her_seconds_in_the_plural_of_her_language(
    cast: Cast, bread: Thread, settings: Any
) -> None:
    settings.DESCANT_COMMENTS_PER_MINUTE = 1
    call("post", lang="ar", thread=PAGE, text="Rye.", name="Gus")
    said = refused("post", "ar", text="Wheat.", name="Gus")
    assert re.search(r"بعد ((\d+ )?(ثانية|ثوانٍ|ثانيتين)|ثانية واحدة)\.", said), said


def test_why_a_comment_waits_is_said_in_its_authors_language(cast: Cast, bread: Thread) -> None:
    change_forum(forum=cast.gazette, premoderation="everybody")
    told = json.loads(call("post", lang="de", thread=PAGE, text="Rye.", name="Gus").content)
    assert told["reasons"] == ["Kommentare liest ein Moderator, bevor sie gezeigt werden."]


def test_a_line_that_was_just_drawn_leads_on_in_its_language(cast: Cast, bread: Thread) -> None:
    told = json.loads(call("post", lang="de", thread=PAGE, text="Rye.", name="Gus").content)
    assert "lang=de" in told["html"]


def test_the_frame_speaks_the_forums_language_unless_another_is_asked_for(
    client: Client, cast: Cast, say: Say
) -> None:
    change_forum(forum=cast.gazette, language="ar")
    for asked, spoken in (("", "ar"), ("fr", "fr"), ("FR_ca", "fr"), ("xx", "ar"), ("x" * 600, "ar")):
        html = frame(client, lang=asked).content.decode()
        assert f'<html lang="{spoken}" dir="{"rtl" if spoken == "ar" else "ltr"}"' in html
        assert f"/embed/sign-in/?f=gazette&amp;lang={spoken}" in html


def test_an_error_page_is_in_the_language_of_the_url(client: Client, cast: Cast) -> None:
    for asked in ({"f": "nowhere"}, {"f": "gazette"}, {"f": "gazette", "t_u": "https://elsewhere.example/"}):
        html = client.get("/embed/comments/", {**asked, "lang": "ar"}).content.decode()
        assert '<html lang="ar" dir="rtl">' in html
        sentence = re.search(r'class="state">([^<]+)<', html)
        assert sentence
        assert ARABIC.search(sentence[1])


def test_a_public_page_does_not_ask_what_the_browser_speaks(cast: Cast, bread: Thread) -> None:
    reader = Client(headers={"accept-language": "ar"})
    reader.cookies["descant_language"] = "ar"
    for page in (frame(reader), reader.get("/embed/comments/?f=nowhere")):
        assert '<html lang="en" dir="ltr"' in page.content.decode()
        assert "Language" not in page.headers.get("Vary", "")


def test_no_page_speaks_the_language_of_the_request_before_it(client: Client, db: None) -> None:
    activate("ar")
    try:
        assert '<html lang="en" dir="ltr">' in client.get("/embed/comments/?f=nowhere").content.decode()
    finally:
        deactivate()


def test_a_database_out_of_reach_is_said_in_the_language_of_the_url(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_name: str) -> None:
        raise OperationalError

    monkeypatch.setattr("descant.embed.pages.asking.forum_named", fail)
    client.raise_request_exception = False
    page = client.get("/embed/comments/?f=gazette&lang=de")
    assert page.status_code == 503
    assert "Die Kommentare sind gerade nicht erreichbar." in page.content.decode()


def test_the_window_follows_the_frame_and_not_the_browser(cys: Client) -> None:
    english = {**FROM_OUR_FRAME, "HTTP_ACCEPT_LANGUAGE": "en"}
    page = cys.get(f"{POPUP}&lang=ar", **english).content.decode()
    assert '<html lang="ar" dir="rtl">' in page
    assert "المتابعة باسم <bdi>Cy</bdi>" in page
    assert "<li><bdi>gazette.example</bdi></li>" in page


def test_the_pages_on_the_way_to_an_account_follow_as_well(cast: Cast) -> None:
    stranger = Client()
    sent_on = stranger.get(f"{POPUP}&lang=de", HTTP_ACCEPT_LANGUAGE="en", **FROM_OUR_FRAME)
    page = stranger.get(sent_on.headers["Location"], HTTP_ACCEPT_LANGUAGE="en").content.decode()
    assert '<html lang="de" dir="ltr">' in page
    assert "Ein Konto anlegen" in page


def test_without_the_frames_language_the_window_follows_the_browser(cys: Client) -> None:
    page = cys.get(POPUP, HTTP_ACCEPT_LANGUAGE="fr-CA, en", **FROM_OUR_FRAME).content.decode()
    assert '<html lang="fr" dir="ltr">' in page


def test_counts_take_every_plural_of_the_forums_language(client: Client, cast: Cast, say: Say) -> None:
    change_forum(forum=cast.gazette, language="ar")
    for number in range(3):
        say(f"number {number}")
    told = client.get("/count-data.js", {"f": "gazette", "1": ["bread", "nothing"]}).content.decode()
    text = json.loads(told[told.index("(") + 1 : told.rindex(")")])["text"]["comments"]
    assert text == {"zero": "لا تعليقات", "one": "تعليق واحد", "multiple": "{num} تعليق", "3": "3 تعليقات"}
