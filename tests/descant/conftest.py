"""The cast: Ann owns the forum gazette, Bo moderates it, Cy reads and writes; Dee belongs to tribune, elsewhere."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.core.management import call_command
from django.test import override_settings
from django.utils import translation

from descant.accounts.models import User
from descant.discussion import authors
from descant.discussion.addressing import lately
from descant.discussion.addressing.addresses import PageAddress
from descant.discussion.addressing.finding import make_thread
from descant.discussion.authors import Author
from descant.discussion.judging.rules import book
from descant.discussion.models import Comment, Thread
from descant.discussion.posting import Draft, post_comment
from descant.forums import bans, directory
from descant.forums.keys import showing
from descant.forums.models import Forum, Role
from descant.forums.opening import open_forum
from descant.forums.signing_on.keys import keys_in_force
from django_headroom.transactions.guarding import refuse_holding
from tests.descant.discussion.judging.outsiders import Outsider, outsider

ALL_DATABASES = ["default", "p1", "p2"]


@dataclass(frozen=True)
class Cast:
    """Everybody, and where they speak."""

    gazette: Forum
    tribune: Forum
    ann: Author
    bo: Author
    cy: Author
    dee: Author
    guest: Author


@pytest.fixture(autouse=True, scope="session")
def _static_files(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Pages name static files by their hashes, so these are collected as at a real start."""
    with override_settings(STATIC_ROOT=tmp_path_factory.mktemp("static")):
        call_command("collectstatic", interactive=False, verbosity=0)
        yield


@pytest.fixture(autouse=True)
def _nothing_is_held() -> Iterator[None]:
    """Whatever is slow or remote inside a transaction fails the test that does it."""
    with refuse_holding():
        yield


@pytest.fixture(autouse=True)
def _fresh_directory(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What a process remembers for seconds a test remembers to its end: a slow machine must not count more queries."""
    for memory in (directory.forums, bans.in_force, book.in_force, keys_in_force):
        monkeypatch.setattr(memory, "seconds", 3600.0)
    for kept in (directory, lately, authors, showing):
        monkeypatch.setattr(kept, "KEPT_SECONDS", 3600.0)
    for kept in (directory, bans.in_force, lately, book, authors.names, showing, keys_in_force):
        kept.forget()
    yield
    for kept in (directory, bans.in_force, lately, book, authors.names, showing, keys_in_force):
        kept.forget()


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    """What a request has spoken stays with its thread, and a test's is the next test's."""
    yield
    translation.deactivate()


@pytest.fixture
def cast(db: None) -> Cast:
    ann, bo, cy, dee = (_account(name) for name in ("Ann", "Bo", "Cy", "Dee"))
    gazette = open_forum(name="gazette", domains=["gazette.example"], owner=ann, partition="p1")
    tribune = open_forum(name="tribune", domains=["tribune.example"], owner=dee, partition="p2")
    Role.objects.create(forum=gazette, user=bo, kind=Role.Kind.MODERATOR)
    return Cast(
        gazette=gazette,
        tribune=tribune,
        ann=Author(user=ann, role="owner", address="192.0.2.1"),
        bo=Author(user=bo, role="moderator", address="192.0.2.2"),
        cy=Author(user=cy, address="192.0.2.3"),
        dee=Author(user=dee, address="192.0.2.4"),
        guest=Author(guest="0123456789abcdef", name="Gus", email="gus@mail.example", address="192.0.2.5"),
    )


@pytest.fixture
def bread(cast: Cast) -> Thread:
    """A thread of the gazette."""
    page = PageAddress(identifier="bread", url="https://gazette.example/bread", title="Bread")
    return make_thread(cast.gazette, page)


@pytest.fixture
def say(cast: Cast, bread: Thread, settings: Any) -> Callable[..., Comment]:
    """Post a comment to the thread about bread: ``say("Hello", by=cast.cy, to=parent)``."""
    settings.DESCANT_COMMENTS_PER_MINUTE = 0

    def post(text: str, *, by: Author | None = None, to: Comment | None = None, key: str = "") -> Comment:
        draft = Draft(text=text, parent_id=to.pk if to else None, key=key)
        return post_comment(forum=cast.gazette, thread=bread, author=by or cast.cy, draft=draft)

    return post


def _account(name: str) -> User:
    return User.objects.create_user(username=name.lower(), email=f"{name.lower()}@mail.example", name=name)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test of the product may use every database."""
    for item in items:
        if "db" in getattr(item, "fixturenames", ()):
            marker = item.get_closest_marker("django_db")
            transaction = bool(marker and marker.kwargs.get("transaction"))
            item.add_marker(
                pytest.mark.django_db(databases=ALL_DATABASES, transaction=transaction), append=False
            )


@pytest.fixture
def out(settings: Any) -> Iterator[Outsider]:
    """A server that the operator has named, for it is on this machine."""
    with outsider() as server:
        settings.DESCANT_EGRESS_ALLOWED = [server.place]
        yield server
