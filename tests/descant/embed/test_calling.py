"""The calls of the frame: from where, as what, by whom, and how they are refused."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.db import OperationalError, connections
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.utils.translation import get_language

from descant.accounts.tokens import issue_token
from descant.discussion.judging.pacing import TooFast
from descant.discussion.models import Comment
from descant.discussion.posting import Refused, TooLong
from descant.embed.calling import Asking, Body, answer, call, id_in, text_in
from descant.forums.domains import PageOutside
from django_headroom.connections.queued_sqlite.turns import Turns
from django_headroom.testing import query_budget
from tests.descant.conftest import Cast

HOME = "http://testserver"


@call
def who(asking: Asking, body: Body) -> Body:
    author = asking.author
    return {"forum": asking.forum.name, "voter": author.voter, "role": author.role, "address": author.address}


def ask(view: Callable[[HttpRequest], HttpResponse] = who, body: Any = None, **headers: Any) -> HttpResponse:
    sent = body if isinstance(body, bytes) else json.dumps({"forum": "gazette"} if body is None else body)
    environment = {"HTTP_ORIGIN": HOME, "content_type": "application/json", **headers}
    return view(RequestFactory().post("/embed/do/who", sent, **environment))


def code_of(response: HttpResponse) -> str:
    return json.loads(response.content)["error"]["code"]


def test_a_stranger_asks_without_a_token(cast: Cast) -> None:
    response = ask()
    assert json.loads(response.content) == {
        "forum": "gazette",
        "voter": "",
        "role": "",
        "address": "127.0.0.1",
    }
    assert response.headers["Cache-Control"] == "no-store, private"


def test_the_bearer_of_a_token_is_known_with_her_role(cast: Cast) -> None:
    token = issue_token(forum_id=cast.gazette.pk, user=cast.bo.user)
    ask()
    with query_budget(2):
        response = ask(HTTP_AUTHORIZATION=f"Bearer {token}")
    assert json.loads(response.content)["role"] == "moderator"


@pytest.mark.skipif(connections["p1"].vendor != "sqlite", reason="the queue stands before SQLite")
@pytest.mark.django_db(transaction=True)
def test_a_writer_who_does_not_let_go_costs_others_a_503_and_readers_nothing(
    cast: Cast, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(connections["p1"].settings_dict["OPTIONS"], "timeout", 0.3)
    said = {"forum": "gazette", "name": "Gus", "text": "Hello", "thread": {"identifier": "bread"}}
    sent = {"content_type": "application/json", "headers": {"Origin": HOME}}
    other = Turns(str(connections["p1"].settings_dict["NAME"]))
    assert other.take(1)
    try:
        answers = [client.post("/embed/do/post", {**said, "key": "k" * 32}, **sent) for _ in range(2)]
        assert [(each.status_code, each.headers["Retry-After"]) for each in answers] == [(503, "2")] * 2
        assert client.get("/embed/comments/?f=gazette&t_i=bread").status_code == 200
    finally:
        other.end()
        other.close()
    assert client.post("/embed/do/post", {**said, "key": "k" * 32}, **sent).status_code == 201


def test_a_token_of_another_forum_is_void(cast: Cast) -> None:
    token = issue_token(forum_id=cast.tribune.pk, user=cast.dee.user)
    response = ask(HTTP_AUTHORIZATION=f"Bearer {token}")
    assert (response.status_code, code_of(response)) == (401, "bad_token")


@pytest.mark.parametrize(
    "headers",
    [
        {"HTTP_ORIGIN": "https://gazette.example"},
        {"HTTP_ORIGIN": "null"},
        {"HTTP_ORIGIN": "https://testserver"},
        {"HTTP_ORIGIN": "http://testserver.evil.example"},
        {"HTTP_ORIGIN": ""},
        {"HTTP_SEC_FETCH_SITE": "cross-site"},
    ],
)
def test_a_call_from_another_origin_is_refused(cast: Cast, headers: dict[str, str]) -> None:
    response = ask(**headers)
    assert (response.status_code, code_of(response)) == (403, "foreign_origin")


def test_a_call_without_an_origin_is_refused(cast: Cast) -> None:
    request = RequestFactory().post("/", "{}", content_type="application/json")
    assert who(request).status_code == 403


def test_only_a_post_of_a_json_object_is_a_call(cast: Cast) -> None:
    assert who(RequestFactory().get("/", HTTP_ORIGIN=HOME)).status_code == 405
    assert ask(content_type="text/plain").status_code == 415
    assert ask(content_type="application/x-www-form-urlencoded").status_code == 415
    for body in (b" ", b"{", b"[]", b"null", b"[" * 100_000, b'{"forum": "\\ud800"}', b"\xff"):
        assert ask(body=body).status_code == 400
    assert ask(body=b'{"forum":"' + b"x" * 300_000 + b'"}').status_code == 413


@pytest.mark.parametrize("name", ["nowhere", "", "\0", "Gazette'--", 7, None, ["gazette"]])
def test_a_forum_that_is_not_there_is_said_to_be_so(cast: Cast, name: Any) -> None:
    response = ask(body={"forum": name})
    assert response.status_code in (400, 404)
    assert "message" in json.loads(response.content)["error"]


@pytest.mark.parametrize(
    ("refused", "status", "code"),
    [
        (TooLong("Shorten it."), 413, "too_long"),
        (Refused("No."), 400, "refused"),
        (PageOutside("Not here."), 403, "page_outside"),
        (Comment.DoesNotExist("secret words"), 404, "not_found"),
        (OperationalError("secret words"), 503, "out_of_reach"),
        (TooFast(12), 429, "too_fast"),
    ],
)
def test_each_refusal_has_its_status_and_a_sentence(
    cast: Cast, refused: Exception, status: int, code: str
) -> None:
    @call
    def refuse(asking: Asking, body: Body) -> Body:
        raise refused

    response = ask(refuse)
    assert (response.status_code, code_of(response)) == (status, code)
    assert "secret" not in response.content.decode()
    assert response.headers["Cache-Control"] == "no-store, private"
    assert response.headers.get("Retry-After") == {429: "12", 503: "2"}.get(status)


def test_a_fault_of_ours_is_not_hidden(cast: Cast) -> None:
    @call
    def stumble(asking: Asking, body: Body) -> Body:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        ask(stumble)


def test_a_call_speaks_the_frames_language(cast: Cast) -> None:
    @call
    def language(asking: Asking, body: Body) -> HttpResponse:
        return answer({"language": get_language()}, status=201)

    for lang, spoken in (("de", "de"), ("xx", "en"), (None, "en")):
        response = ask(language, body={"forum": "gazette", "lang": lang})
        assert (response.status_code, json.loads(response.content)) == (201, {"language": spoken})


def test_what_a_body_holds_is_read_by_kind() -> None:
    body = {"text": "a\0b", "id": "12", "none": None, "number": 12, "long": "9" * 19}
    assert (text_in(body, "text"), text_in(body, "none", "x"), text_in(body, "absent")) == ("ab", "x", "")
    assert (id_in(body, "id"), id_in(body, "none")) == (12, None)
    for wrong in (
        lambda: text_in(body, "number"),
        lambda: id_in(body, "number"),
        lambda: id_in(body, "long"),
    ):
        with pytest.raises(Exception, match="must be"):
            wrong()
