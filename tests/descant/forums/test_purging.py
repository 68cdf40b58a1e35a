"""Caches that are told what has changed: together, in a bounded time, and again where they were not reached."""

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from descant.discussion.deciding.threads import pin_comment, set_thread_state
from descant.discussion.deciding.undoing import undo_batch
from descant.discussion.models import Decision, Thread
from descant.followups import purging as followups
from descant.forums.caches import purging
from descant.forums.caches.purging import NotPurged, purge, purge_soon
from descant.forums.caches.surrogates import let_caches_keep
from descant.forums.opening import change_forum
from django_headroom.delayed.models import Event
from tests.descant.conftest import Cast
from tests.descant.discussion.judging.outsiders import Outsider, outsider


@pytest.fixture
def cache(settings: Any) -> Iterator[Outsider]:
    purging._asleep_until.clear()
    with outsider() as server:
        settings.PURGES = [{"url": server.url("/purge"), "headers": {"Fastly-Key": "s3cret"}}]
        settings.DESCANT_ONE_MACHINE = True
        yield server


def tags(cache: Outsider) -> list[list[str]]:
    return [headers["Surrogate-Key"].split() for _, headers, _ in cache.heard]


def test_a_cache_is_told_in_one_question_with_the_headers_that_it_wants(cache: Outsider) -> None:
    purge(["t1", "t2"])
    path, headers, _ = cache.heard[0]
    assert (path, headers["Surrogate-Key"], headers["Fastly-Key"]) == ("/purge", "t1 t2", "s3cret")


def test_a_line_of_tags_has_an_end(cache: Outsider) -> None:
    purge(f"t{number}" for number in range(250))
    assert [len(some) for some in tags(cache)] == [100, 100, 50]


def test_what_comes_while_a_cache_is_told_is_told_together(cache: Outsider) -> None:
    for number in range(500):
        purge_soon(f"t{number % 3}")
    wait_for(lambda: {tag for some in tags(cache) for tag in some} == {"t0", "t1", "t2"})
    time.sleep(3 * purging.PAUSE)
    assert len(cache.heard) < 10, "of five hundred changes"


def test_threads_that_tell_end_when_there_is_nothing_to_tell(cache: Outsider) -> None:
    purge_soon("t1")
    wait_for(lambda: cache.heard)
    wait_for(lambda: not [each for each in threading.enumerate() if each.name == "purging"])
    purge_soon("t2")
    wait_for(lambda: ["t2"] in tags(cache))


def test_where_there_are_other_machines_a_cache_is_told_again_when_these_must_have_heard(
    cache: Outsider, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(purging, "AGAIN", (0.3, 0.6))
    settings.DESCANT_ONE_MACHINE = False
    purge_soon("t1")
    wait_for(lambda: tags(cache) == [["t1"]])
    purge_soon("t2")
    wait_for(lambda: sum(some.count("t1") for some in tags(cache)) == 3)
    wait_for(lambda: sum(some.count("t2") for some in tags(cache)) == 3)
    wait_for(lambda: not [each for each in threading.enumerate() if each.name == "purging"])


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_teller_that_fails_is_followed_by_another(cache: Outsider, settings: Any) -> None:
    told, settings.PURGES = settings.PURGES, [{"address": "mistaken"}]
    purge_soon("t1")
    wait_for(lambda: not [each for each in threading.enumerate() if each.name == "purging"])
    settings.PURGES = told
    purge_soon("t2")
    wait_for(lambda: ["t2"] in tags(cache))


def test_a_cache_that_refuses_is_told_again_by_the_worker(cache: Outsider, settings: Any) -> None:
    settings.PURGES = [{"url": cache.url("/broken")}]
    with pytest.raises(NotPurged, match="500"):
        followups.tell_of_change({"thread_id": "7"}, event_id="e")


def test_a_cache_that_is_not_there_is_not_asked_again_for_a_while(settings: Any, cache: Outsider) -> None:
    settings.PURGES = [{"url": cache.url("/hang")}, {"url": cache.url("/purge")}]
    bounds, purging.BOUNDS = purging.BOUNDS, purging.Bounds(seconds=0.2, inside=True)
    try:
        for _time in range(3):
            with pytest.raises(NotPurged):
                purge(["t1"])
    finally:
        purging.BOUNDS = bounds
    heard = [path for path, _, _ in cache.heard]
    assert heard.count("/hang") == 1, "its time-out is paid once"
    assert heard.count("/purge") == 3, "the others are told"


def test_the_worker_tells_of_threads_and_forums_as_well(
    cast: Cast, bread: Thread, say: Any, cache: Outsider
) -> None:
    liked = say("Liked")
    of_thread, of_forum = f"t{bread.pk}", f"f{cast.gazette.pk}"
    set_thread_state(forum=cast.gazette, thread=bread, state="closed", by=cast.bo)
    pin_comment(forum=cast.gazette, thread=bread, comment=liked, by=cast.bo)
    batch = Decision.objects.of(cast.gazette).order_by("-decided_at", "-id")[0].batch
    undo_batch(forum=cast.gazette, batch=batch, by=cast.bo)
    change_forum(forum=cast.gazette, title="The Gazette")
    assert [event.payload["tags"] for event in said(cast.gazette.partition)] == [[of_thread]] * 3
    assert [event.payload["tags"] for event in said("default")] == [[of_forum]]
    for event in (*said(cast.gazette.partition), *said("default")):
        followups.tell_of_age(event.payload, event_id="e")
    assert tags(cache) == [[of_thread]] * 3 + [[of_forum]]


def test_without_caches_to_tell_nothing_is_said_of_them(cast: Cast, bread: Thread, settings: Any) -> None:
    settings.PURGES = []
    set_thread_state(forum=cast.gazette, thread=bread, state="closed", by=cast.bo)
    change_forum(forum=cast.gazette, title="The Gazette")
    assert not said(cast.gazette.partition)
    assert not said("default")


def said(alias: str) -> list[Event]:
    return list(Event.objects.using(alias).filter(signal="pages_aged").order_by("id"))


def test_of_a_comment_that_waits_nobody_is_told(cache: Outsider) -> None:
    followups.tell_of_new({"thread_id": "7", "state": "held"}, event_id="e")
    assert not cache.heard
    followups.tell_of_new({"thread_id": "7", "state": "shown"}, event_id="e")
    assert tags(cache) == [["t7"]]


def test_without_caches_to_tell_no_page_says_how_it_is_called(cast: Cast, settings: Any) -> None:
    settings.PURGES = []
    assert not let_caches_keep(cast.gazette, 7)
    purge_soon("t7")  # and nobody is told


def wait_for(true: Any) -> None:
    deadline = time.monotonic() + 20
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)
