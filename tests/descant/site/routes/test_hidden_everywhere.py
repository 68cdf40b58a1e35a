"""What is hidden is hidden in every output at once: what waits, is spam, hidden or deleted is told to nobody else.

The outputs are the routes of the URL map that are read; one that is in no list here fails, until somebody has added it.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest
from django.test import Client

from descant.api.declaring import Endpoint
from descant.discussion import signals
from descant.discussion.authors import Author
from descant.discussion.deciding import decide
from descant.discussion.editing import delete_comment, edit_comment
from descant.discussion.models import Comment, Thread, ThreadAddress
from descant.forums.keys.issuing import issue_key
from descant.forums.opening import change_forum
from django_headroom.caching.slots import EVERYTHING, slot_of, slots
from django_headroom.replicas import watching
from tests.descant.conftest import ALL_DATABASES, Cast
from tests.descant.site.routes.asking import Ask, answer_to, text_of
from tests.descant.site.routes.walking import ASKED, NAME_NOTHING, NAME_NOTHING_BELOW, RULE, call, routes
from tests.descant.site.routes.walking_api import IN_EXAMPLES, SCRIPTS, TELL_COMMENTS, asked_by, script_path

pytestmark = pytest.mark.django_db(databases=ALL_DATABASES)

Say = Callable[..., Comment]

SECRET = "caraway"  # in the text
COPY = "As the replica has it"  # who wrote, in a replica that is late
THREAD = {"identifier": "bread", "url": "https://gazette.example/bread"}


def takes(endpoint: Endpoint, more: Mapping[str, str | list[str]]) -> bool:
    """Whether it takes such an argument, with such a value if it has a choice of them."""
    by_name = {each.name: each.schema.get("enum", ()) for each in endpoint.takes}
    return all(
        name in by_name and (not by_name[name] or value in by_name[name]) for name, value in more.items()
    )


HERE = {"reply": "{reply}", "category": "{category}"}
READ: dict[str, list[Ask]] = {
    "embed/comments/": [
        Ask("/embed/comments/", {"f": "gazette", "t_i": "bread", **more})
        for more in (
            {},
            {"order": "newest"},
            {"order": "oldest"},
            {"cursor": "descant-{comment}"},
            {"cursor": "descant-{reply}"},
        )
    ],
    "embed/changes/": [Ask("/embed/changes/", {"f": "gazette", "thread": "{thread}", "since": "1-0"})],
    "embed/feed/": [Ask("/embed/feed/", {"f": "gazette", **more}) for more in ({}, {"t_i": "bread"})],
    "embed/do/mine": [call("mine", thread=THREAD, comments=["{comment}", "{reply}"])],
    "embed/do/source": [call("source", comment="{comment}")],
    **{
        endpoint.path: [
            Ask(f"/{endpoint.path}", {**asked_by(endpoint, "api_key", {**IN_EXAMPLES, **HERE}), **more})
            for more in (
                {},
                {"related": "thread"},
                {"order": "asc"},
                {"order": "best"},
                {"include": "unapproved"},
                {"include": ["spam", "deleted", "flagged", "highlighted"]},
            )
            if takes(endpoint, more)
        ]
        for endpoint in TELL_COMMENTS
    },
}
READ |= {
    SCRIPTS: [
        Ask(f"/{script_path(endpoint)}", {**ask.query, "callback": "told"})
        for endpoint in TELL_COMMENTS
        for ask in READ[endpoint.path]
    ],
    "f/<str:name>/": [Ask("/f/gazette/")],
    "f/<slug:name>/transparency/": [Ask("/f/gazette/transparency/")],
    "by/<str:name>/": [Ask("/by/mel/")],
    **{
        route: [
            Ask(
                f"/{route}",
                {"forum": "gazette", "tab": "all", "item": "gazette:{comment}:shown", "q": SECRET},
            )
        ]
        for route in ("moderate/", "moderate/near/", "moderate/log/", "moderate/bans/", "moderate/appeals/")
    },
    "moderate/rules/try/": [
        Ask("/moderate/rules/try/", form={"whose": "gazette", **RULE, "words": f"{SECRET}\nwhy"})
    ],
}
# Routes that write, or tell numbers alone: their own tests say what they show.
WRITE = {
    route
    for route in ASKED
    if any(
        part in route
        for part in (
            "/do/",
            "/settings/",
            "api/3.0/",
            "count-data.js",
            "moderate/merge/",
            "moderate/rules/",
        )
        if route != "moderate/rules/try/"
    )
} - READ.keys()
PRIVATE = {route for route in READ if "embed/do/" in route or route.startswith("moderate/")}
TELL_NOTHING = {
    "embed/sign-in/",
    "mail/stop/<str:token>/",
    "mail/confirm/<str:token>/",
    "mail/invitation/<str:token>/",
}


def test_every_route_that_is_read_is_walked_here() -> None:
    known = {*READ, *WRITE, *TELL_NOTHING, *NAME_NOTHING}
    unknown = [route for route in routes() if route not in known and not route.startswith(NAME_NOTHING_BELOW)]
    assert not unknown, f"say in READ how these are read: {unknown}"


@pytest.mark.parametrize("what_happens", ["waits", "spam", "hide", "delete", "its author deletes"])
def test_what_is_hidden_is_in_no_output(what_happens: str, cast: Cast, say: Say) -> None:
    writer = Author(
        guest="f" * 32, name="Mel Secretive", email="mel.secret@mail.example", address="192.0.2.9"
    )
    if what_happens == "waits":
        change_forum(forum=cast.gazette, premoderation="guests")
    comment = say(f"Rye with {SECRET}.", by=writer)
    reply = say("Why?", by=cast.cy, to=comment) if what_happens != "waits" else say("Why?")
    if what_happens in ("spam", "hide", "delete"):
        decide(forum=cast.gazette, comments=[comment], verdict=what_happens, by=cast.bo)
    elif what_happens == "its author deletes":
        delete_comment(forum=cast.gazette, comment=comment, author=writer)
    names = {
        "comment": str(comment.pk),
        "reply": str(reply.pk),
        "thread": str(comment.thread_id),
        "key": issue_key(forum=cast.gazette).public_key,
        "category": str(cast.gazette.pk),
    }
    for asked in (ask.filled(names) for asks in READ.values() for ask in asks):
        for who in (Author(), cast.cy, cast.guest, cast.dee):
            told = text_of(answer_to(asked, cast.gazette, who)).lower()
            for secret in (SECRET, "secretive", "mel.secret"):
                assert secret not in told, (asked, who)
    assert SECRET not in str(signals.told(comment))


@pytest.mark.django_db(databases=ALL_DATABASES, transaction=True)
def test_what_is_hidden_is_in_no_output_though_the_replica_is_late(
    cast: Cast, say: Say, late_copy: Callable[[], None]
) -> None:
    writer = replace(cast.guest, guest="f" * 32)
    hidden, deleted, withdrawn, edited = (say(f"Rye {way} {SECRET}.", by=writer) for way in "abcd")
    late_copy()
    key = issue_key(forum=cast.gazette).public_key
    names = {"thread": str(hidden.thread_id), "key": key, "category": str(cast.gazette.pk)}
    feed = Ask("/embed/feed/", {"f": "gazette"})
    assert COPY in text_of(answer_to(feed, cast.gazette, Author())), "the replica is read"
    for comment, verdict in ((hidden, "hide"), (deleted, "delete")):
        assert decide(forum=cast.gazette, comments=[comment], verdict=verdict, by=cast.bo)
    delete_comment(forum=cast.gazette, comment=withdrawn, author=writer)
    edit_comment(forum=cast.gazette, comment=edited, author=writer, source="Rye.")
    for comment in (hidden, deleted, withdrawn, edited):
        those = {**names, "comment": str(comment.pk), "reply": str(comment.pk)}
        for asked in (ask.filled(those) for route in READ.keys() - {"by/<str:name>/"} for ask in READ[route]):
            told = text_of(answer_to(asked, cast.gazette, Author()))
            assert SECRET not in told.lower(), asked


@pytest.fixture
def late_copy(cast: Cast, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Let the other partition stand for a replica of the forum's that hears of nothing more, and says who it is."""

    def copy() -> None:
        for model in (Thread, ThreadAddress, Comment):
            rows = list(model.objects.of(cast.gazette).order_by("pk"))
            model._base_manager.using("p2").bulk_create(rows)
        Comment._base_manager.using("p2").update(author_name=COPY, author=None)
        for slot in (EVERYTHING, slot_of("withdrawn", cast.gazette.pk)):
            slots().words[slot] = 0  # as if nothing had been hidden lately, by other tests either
        settings.HEADROOM = {**settings.HEADROOM, "REPLICAS": {"p1": ["p2"]}}
        monkeypatch.setattr(watching, "is_near", lambda primary, replica: True)
        monkeypatch.setattr("descant.api.asking.known_as", lambda actor: None)  # SQLite tells no position

    return copy


def test_what_is_shown_is_in_every_output(cast: Cast, say: Say) -> None:
    """The walk would find it: the same outputs tell it where it may be told, and never an e-mail address."""
    writer = Author(guest="f" * 32, name="Mel", email="mel.secret@mail.example", address="192.0.2.9")
    comment = say(f"Rye with {SECRET}.", by=writer)
    names = {
        "comment": str(comment.pk),
        "reply": str(comment.pk),
        "thread": str(comment.thread_id),
        "key": issue_key(forum=cast.gazette).public_key,
        "category": str(cast.gazette.pk),
    }
    for route in READ.keys() - {*PRIVATE, "f/<slug:name>/transparency/", "by/<str:name>/"}:
        for asked in (ask.filled(names) for ask in READ[route]):
            told = text_of(answer_to(asked, cast.gazette, Author()))
            assert SECRET in told, asked
            assert "mel.secret" not in told


def test_no_output_tells_anybody_an_address_or_a_hash_of_one(cast: Cast, say: Say) -> None:
    email, address = "mel.secret@mail.example", "192.0.2.9"
    comment = say("Rye.", by=Author(guest="f" * 32, name="Mel", email=email, address=address))
    reply = say("Why?", by=cast.cy, to=comment)
    names = {
        "comment": str(comment.pk),
        "reply": str(reply.pk),
        "thread": str(comment.thread_id),
        "key": issue_key(forum=cast.gazette).public_key,
        "category": str(cast.gazette.pk),
    }
    assert cast.cy.user is not None
    secrets = ["mail.example", address, cast.cy.address, comment.origin, reply.origin, comment.guest]
    for each in (email, cast.cy.user.email, address, cast.cy.address):
        secrets += [hashlib.new(kind, each.encode()).hexdigest() for kind in ("md5", "sha1", "sha256")]
    for asked in (ask.filled(names) for asks in READ.values() for ask in asks):
        told = text_of(answer_to(asked, cast.gazette, Author()))
        assert not [secret for secret in secrets if secret and secret in told], asked


def test_a_count_does_not_count_what_is_hidden(cast: Cast, say: Say, client: Client) -> None:
    shown, hidden = say("Rye."), say("Wheat.")
    decide(forum=cast.gazette, comments=[hidden], verdict="hide", by=cast.bo)
    asked: dict[str, Any] = {"1": shown.thread.url, "f": "gazette"}
    told = text_of(client.get("/count-data.js", {"2": shown.thread.url, **asked}))
    assert '"comments":1' in told
