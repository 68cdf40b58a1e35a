"""What has changed since a version, and what is never told to anybody who shows a public key."""

import hashlib
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from descant.accounts.preferring import show_profile
from descant.discussion.authors import Author
from descant.discussion.deciding import decide
from descant.discussion.models import Comment, Thread
from descant.forums.keys.issuing import issue_key
from tests.descant.conftest import Cast
from tests.descant.site.routes.walking_api import READING, filled

Say = Callable[..., Comment]
Ask = Callable[..., Any]


@pytest.fixture
def ask(client: Client, cast: Cast) -> Ask:
    key = issue_key(forum=cast.gazette).public_key

    def asked(name: str, **more: Any) -> Any:
        told = client.get(f"/api/3.0/{name}.json", {"api_key": key, **more}).json()
        assert told["code"] == 0, told
        return told["response"]

    return asked


def test_what_has_changed_in_a_thread_is_told_as_it_is_now(ask: Ask, say: Say, cast: Cast) -> None:
    gone, kept = say("Rye."), say("Wheat.")
    known = ask("threads/details", thread=str(gone.thread_id))["version"]
    decide(forum=cast.gazette, comments=[gone], verdict="hide", by=cast.bo)
    new = say("Oats.", to=kept)
    told = ask("threads/listChanges", thread=str(gone.thread_id), version=str(known))
    posts = {post["id"]: post for post in told["posts"]}
    assert {*posts} == {str(gone.pk), str(new.pk)}
    assert (posts[str(gone.pk)]["message"], posts[str(gone.pk)]["isDeleted"]) == ("", True)
    assert posts[str(new.pk)]["raw_message"] == "Oats."
    again = {"thread": str(gone.thread_id), "version": str(told["version"]), "epoch": told["epoch"]}
    assert ask("threads/listChanges", **again)["posts"] == []
    assert ask("threads/listChanges", **{**again, "epoch": "of another time"})["reload"] is True


def test_which_threads_have_changed_is_one_request(ask: Ask, say: Say, bread: Thread) -> None:
    say("Rye.")
    version = ask("threads/details", thread=str(bread.pk))["version"]
    assert ask("forums/listChanges", seen=[f"{bread.pk}:{version}", "99:1"]) == []
    say("Wheat.")
    told = ask("forums/listChanges", seen=[f"{bread.pk}:{version}", "99:1"])
    assert [(each["thread"], each["version"] > version) for each in told] == [(str(bread.pk), True)]


def test_nobody_is_told_an_address_or_a_hash_of_one(ask: Ask, say: Say, cast: Cast) -> None:
    guest = Author(guest="f" * 32, name="Gus", email="gus@mail.example", address="192.0.2.5")
    post = say("Rye.", by=guest)
    reply = say("Wheat.", by=cast.cy, to=post)
    assert cast.cy.user is not None
    show_profile(user=cast.cy.user, name="cyril", scope="everywhere", forum_ids=[])
    names = {"thread": post.thread_id, "comment": post.pk, "reply": reply.pk, "user": cast.cy.user.pk}
    names |= {"category": cast.gazette.pk}
    secrets = ["mail.example", guest.address, cast.cy.address, post.origin, post.guest]
    for address in (guest.email, cast.cy.user.email, guest.address, cast.cy.address):
        secrets += [hashlib.new(kind, address.encode()).hexdigest() for kind in ("md5", "sha1", "sha256")]
    secrets.append(f'"{cast.cy.user.username}"')  # what signs her in
    for endpoint in READING:
        asked = {name: filled(value, names) for name, value in endpoint.example.items()}
        told = json.dumps(ask(endpoint.name, **asked))
        assert not [secret for secret in secrets if secret and secret in told], endpoint.name
