"""A process that starts while the global database is out of reach shows what can be read, and takes nothing."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.db import OperationalError
from django.test import Client

from descant.discussion.models import Comment
from descant.forums import directory
from django_headroom.partitions import KnownFromFile
from django_headroom.transactions import writing
from tests.descant.conftest import ALL_DATABASES, Cast
from tests.descant.site.test_partitions import out_of_reach

pytestmark = pytest.mark.django_db(databases=ALL_DATABASES, transaction=True)


@pytest.fixture
def anew(
    cast: Cast, say: Callable[..., Comment], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """Somebody has read the gazette; then the global database goes, and a process starts."""
    monkeypatch.setattr(
        directory.last_known, "path", tmp_path / "forums.known"
    )  # no other test's gazette is in it
    monkeypatch.setattr(directory.last_known, "_noted", {})
    say("Rye.", by=cast.guest)
    directory.forget()
    directory.forum_named("gazette")
    directory.forget()
    with out_of_reach("default"):
        yield
    directory.forget()


def test_a_forum_that_was_shown_before_is_known(anew: None, cast: Cast) -> None:
    forum = directory.forum_named("gazette")
    assert (forum, forum.partition) == (cast.gazette, cast.gazette.partition)
    assert [domain.host for domain in forum.domains.all()] == ["gazette.example"]
    with pytest.raises(OperationalError):
        directory.forum_named("nowhere")


def test_what_guests_have_said_is_read(anew: None, client: Client) -> None:
    page = client.get("/embed/comments/", {"f": "gazette", "t_i": "bread", "t_u": "https://gazette.example/"})
    assert page.status_code == 200
    assert "Rye." in page.content.decode()


def test_nothing_is_written(anew: None) -> None:
    with pytest.raises(KnownFromFile), writing(directory.forum_named("gazette")):
        pytest.fail("never entered")
