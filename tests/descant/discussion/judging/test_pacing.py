"""How fast somebody may write: counted by one statement, also for the first time and by many at once."""

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from django.db import connections

from descant.discussion.judging.pacing import TooFast, keep_pace
from descant.discussion.models import Pace
from descant.forums.models import Forum
from django_headroom.testing import query_budget
from django_headroom.transactions import writing
from tests.descant.conftest import Cast

ALLOWED = 5


def acts(forum: Forum, subject: str = "post/u7", per_minute: int = ALLOWED) -> bool:
    try:
        with writing(forum):
            keep_pace(forum=forum, subject=subject, per_minute=per_minute)
    except TooFast:
        return False
    return True


@pytest.mark.django_db(transaction=True)
def test_of_two_first_acts_at_once_each_is_counted(cast: Cast) -> None:
    counted, passed_on = Event(), Event()

    def first() -> None:
        try:
            with writing(cast.gazette):
                keep_pace(forum=cast.gazette, subject="post/u7", per_minute=1)
                counted.set()
                passed_on.wait(0.5)  # the second asks meanwhile, sees no row yet, and cannot go on before us
        finally:
            connections.close_all()

    def second() -> bool:
        try:
            counted.wait()
            return acts(cast.gazette, per_minute=1)
        finally:
            passed_on.set()
            connections.close_all()

    with ThreadPoolExecutor(2) as threads:
        begun, passed = threads.submit(first), threads.submit(second)
        begun.result()
        assert not passed.result()


def test_who_is_too_fast_is_told_how_long_to_wait(cast: Cast) -> None:
    for _ in range(ALLOWED):
        acts(cast.gazette)
    with pytest.raises(TooFast) as refused:
        keep_pace(forum=cast.gazette, subject="post/u7", per_minute=ALLOWED)
    assert 1 <= refused.value.retry_after <= 60 // ALLOWED


def test_each_subject_and_each_forum_counts_for_itself(cast: Cast) -> None:
    assert [acts(cast.gazette) for _ in range(ALLOWED + 2)] == [True] * ALLOWED + [False] * 2
    assert acts(cast.gazette, "post/u8")
    assert acts(cast.tribune)


def test_counting_takes_one_query_and_refusing_one_more(cast: Cast) -> None:
    for most in (1, 1, 2):
        with query_budget(most):
            acts(cast.gazette, per_minute=2)


def test_a_clock_that_jumps_back_locks_nobody_out(cast: Cast) -> None:
    assert acts(cast.gazette)
    Pace.objects.of(cast.gazette).update(used_until=time.time() + 3600)
    assert [acts(cast.gazette) for _ in range(ALLOWED + 1)] == [True] * ALLOWED + [False]
