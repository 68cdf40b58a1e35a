"""What a frame is granted by the word of the site around it, and how long that lasts."""

import json
import time
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from descant.accounts import tokens
from descant.discussion.models import Thread
from descant.forums import directory
from descant.forums.keys.issuing import revoke_key
from descant.forums.models import Forum, Key
from descant.forums.signing_on.keys import keys_in_force, let_sign_in, make_key
from tests.descant.conftest import Cast
from tests.descant.signing import EVE, signed

PAGE = {"identifier": "bread", "url": "https://gazette.example/bread"}


def ask(client: Client, act: str, token: str = "", **body: Any) -> HttpResponse:
    headers = {"Origin": "http://testserver"} | ({"Authorization": f"Bearer {token}"} if token else {})
    sent = {"forum": "gazette", "thread": PAGE, "comments": [], "lang": "en", **body}
    return client.post(f"/embed/do/{act}", json.dumps(sent), "application/json", headers=headers)


def told(answer: HttpResponse) -> Any:
    return json.loads(answer.content)


def test_she_speaks_by_the_token_that_the_message_earned(cast: Cast, client: Client, bread: Thread) -> None:
    key = make_key(forum=cast.gazette)
    granted = told(ask(client, "sign_on", message=signed(EVE, key.secret_key), key=key.public_key))
    assert granted["person"]["name"] == "Eve"
    assert not granted["person"]["moderator"]
    said = ask(client, "post", granted["token"], text="Rye.", key="k" * 40)
    assert said.status_code == 201
    assert "Eve" in told(said)["html"]
    assert "mail.example" not in said.content.decode()
    assert ask(client, "mine", granted["token"], forum="tribune").status_code == 401


def test_nobody_is_granted_nothing_and_a_forgery_a_reason(cast: Cast, client: Client) -> None:
    key = make_key(forum=cast.gazette)
    assert told(ask(client, "sign_on", message=signed({}, key.secret_key))) == {"token": None, "person": None}
    refused = ask(client, "sign_on", message=signed(EVE, "x" * 48))
    assert (refused.status_code, told(refused)["error"]["code"]) == (403, "bad_message")


@pytest.mark.parametrize("ending", ["revoked", "forbidden", "a day", "another organisation", "closed"])
def test_the_token_ends_with_what_it_rests_on(
    cast: Cast, client: Client, ending: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = make_key(forum=cast.gazette)
    row = Key.objects.get(public_key=key.public_key)
    token = told(ask(client, "sign_on", message=signed(EVE, key.secret_key)))["token"]
    assert ask(client, "mine", token).status_code == 200
    now = time.time()
    match ending:
        case "revoked":
            revoke_key(forum=cast.gazette, key_id=row.pk)
            keys_in_force.forget()
        case "forbidden":
            let_sign_in(forum=cast.gazette, key_id=row.pk, may=False)
        case "a day":
            monkeypatch.setattr(tokens.time, "time", lambda: now + tokens.SIGNED_ON_SECONDS + 1)
        case "another organisation":
            Forum.objects.filter(pk=cast.gazette.pk).update(organisation=cast.tribune)
            directory.forget()
        case "closed":
            made = tokens.read_token(token, forum_id=cast.gazette.pk).user
            assert made is not None
            type(made).objects.filter(pk=made.pk).update(is_active=False)
    refused = ask(client, "mine", token)
    assert (refused.status_code, told(refused)["error"]["code"]) == (401, "bad_token")
