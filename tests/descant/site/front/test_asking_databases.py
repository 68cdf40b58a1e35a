"""What the databases say of the threads and forums that pages rest on: which have changed since, and no more."""

from collections.abc import Callable

import pytest
from django.db import OperationalError, connections

from descant.discussion.models import Comment, Thread
from descant.discussion.reading import marks
from descant.forums.caches.sending import RestsOn
from descant.forums.opening import change_forum
from descant.site.front.elsewhere import raise_what_changed
from django_headroom.caching.slots import slots
from django_headroom.testing import queries_counted
from tests.descant.conftest import Cast

Say = Callable[..., Comment]


def test_the_databases_say_which_threads_and_forums_have_changed(cast: Cast, bread: Thread, say: Say) -> None:
    say("Rye.")
    bread.refresh_from_db()
    gazette = cast.gazette
    as_it_is = RestsOn(gazette.partition, gazette.pk, gazette.revision, bread.pk, bread.version)
    others = [as_it_is._replace(thread_id=bread.pk + number, version=9) for number in range(1, 1_000)]
    old = as_it_is._replace(version=bread.version - 1)
    of_thread, of_forum = marks.slots_of(gazette.pk, bread.pk)
    seen = slots().last()
    raise_what_changed(gazette.partition, [as_it_is])
    assert slots().is_fresh(seen, of_thread, of_forum)
    with queries_counted() as counted:
        raise_what_changed(gazette.partition, [as_it_is, *others, old, as_it_is])
    assert counted.count == 2, "of a thousand threads as of one"
    assert not slots().is_fresh(seen, of_thread)
    assert slots().is_fresh(seen, of_forum), "or else all of its forum's pages would be old"
    assert not slots().is_fresh(seen, marks.slots_of(gazette.pk, others[7].thread_id)[0]), "it is gone"
    change_forum(forum=gazette, title="The Gazette")
    seen = slots().last()
    raise_what_changed(gazette.partition, [as_it_is])
    assert not slots().is_fresh(seen, of_forum)


def test_databases_that_cannot_be_asked_say_nothing(
    cast: Cast, bread: Thread, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OperationalError

    seen = slots().last()
    old = RestsOn(cast.gazette.partition, cast.gazette.pk, cast.gazette.revision, bread.pk, bread.version + 9)
    with monkeypatch.context() as broken:
        broken.setattr(connections["default"], "cursor", refuse)
        raise_what_changed(cast.gazette.partition, [old])
    assert slots().last() == seen
    raise_what_changed(cast.gazette.partition, [old])
    assert slots().last() > seen
