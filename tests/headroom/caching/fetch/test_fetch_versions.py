"""An older value never replaces a newer one, whoever was paused in between; what is written fills after the commit."""

from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import pytest
from django.db import transaction

from django_headroom.caching import Fetched, Made, Store, fetch, fill, mark_stale, refill
from django_headroom.testing import Clock, frozen_time
from tests.headroom.caching.fetch.crowds import TIMES, paused_maker
from tests.headroom.market.threads import DATABASES


def failing() -> Made:
    raise ZeroDivisionError("it cannot be made")


def now(kept: Store, **more: Any) -> Fetched:
    return fetch("page", failing, store=kept, **TIMES, **more)


def test_a_maker_who_began_before_an_invalidation_brings_nothing_fresh(kept: Store) -> None:
    fill("page", b"v1", version=1, soft=0, hard=600, store=kept)
    with paused_maker(kept, Made(b"v2", 2)) as making:
        mark_stale("page", version=3, store=kept)
    assert making.result() == (b"v2", 2, True)
    assert now(kept) == (b"v2", 2, True)
    fill("page", b"v3", version=3, store=kept, **TIMES)
    assert now(kept) == (b"v3", 3, False)


def test_so_it_is_with_values_that_have_no_versions(kept: Store) -> None:
    with paused_maker(kept, Made(b"old")) as making:
        mark_stale("page", store=kept)
    assert making.result().is_stale
    assert fetch("page", lambda: Made(b"new"), store=kept, **TIMES)[::2] == (b"new", False)


def test_so_it_is_where_nothing_was_kept_when_it_was_invalidated(kept: Store) -> None:
    with paused_maker(kept, Made(b"old")) as making:
        kept.drop("page")  # as an eviction does, with the maker's claim
        mark_stale("page", store=kept)
    assert making.result().is_stale


def test_a_maker_who_began_before_a_fill_does_not_replace_it(kept: Store) -> None:
    fill("page", b"v1", version=1, soft=0, hard=600, store=kept)
    with paused_maker(kept, Made(b"v2", 2)) as making:
        assert fill("page", b"v3", version=3, store=kept, **TIMES)
    assert making.result() == now(kept) == (b"v3", 3, False)


def test_an_older_fill_is_refused(kept: Store) -> None:
    assert fill("page", b"v3", version=3, store=kept, **TIMES)
    assert not fill("page", b"v2", version=2, store=kept, **TIMES)
    assert now(kept).value == b"v3"


def test_of_two_values_of_one_version_the_one_begun_later_wins(kept: Store) -> None:
    with paused_maker(kept, Made(b"begun first", 1)) as making:
        fill("page", b"begun later", version=1, store=kept, **TIMES)
    assert making.result().value == now(kept).value == b"begun later"
    fill("page", b"the last", version=1, store=kept, **TIMES)
    assert now(kept).value == b"the last"


def test_a_newer_version_than_asked_is_as_good(kept: Store) -> None:
    fill("page", b"v3", version=3, store=kept, **TIMES)
    assert now(kept, version=2) == (b"v3", 3, False)


def test_an_older_version_than_asked_is_stale(kept: Store) -> None:
    fill("page", b"v3", version=3, store=kept, **TIMES)
    assert now(kept, version=4) == (b"v3", 3, True)
    assert now(kept) == (b"v3", 3, True), "for everybody, once it is known"


def test_what_was_read_from_a_copy_that_lags_is_stale_and_tried_again_after_a_rest(kept: Store) -> None:
    versions = count(2)
    with frozen_time() as clock:
        fill("page", b"v1", version=1, store=kept, **TIMES)

        def read() -> Fetched:
            return fetch("page", lambda: Made(b"", next(versions)), version=4, store=kept, **TIMES)

        assert [read()[1:] for _ in range(3)] == [(2, True)] * 3
        clock.move(seconds=0.2)
        assert [read()[1:] for _ in range(3)] == [(3, True)] * 3
        clock.move(seconds=0.4)
        assert [read()[1:] for _ in range(3)] == [(4, False)] * 3


def test_marking_an_older_version_changes_nothing(kept: Store) -> None:
    fill("page", b"v3", version=3, store=kept, **TIMES)
    mark_stale("page", version=3, store=kept)
    assert not now(kept).is_stale


@pytest.fixture
def edit(kept: Store) -> Callable[..., None]:
    """A write and what follows from it, in one transaction."""

    def edit(version: int, make: Callable[[], Made] | None = None, **more: Any) -> None:
        made = make or (lambda: Made(b"v%d" % version, version))
        refill("page", made, using="p1", version=version, store=kept, **TIMES, **more)

    return edit


@pytest.mark.django_db(databases=DATABASES, transaction=True)
class TestAfterTheCommit:
    def test_a_write_fills_after_its_commit(self, kept: Store, edit: Callable[..., None]) -> None:
        fill("page", b"v1", version=1, store=kept, **TIMES)
        with transaction.atomic(using="p1"):
            edit(2)
            assert now(kept) == (b"v1", 1, False)
        assert now(kept) == (b"v2", 2, False)

    def test_what_was_not_kept_yet_is_kept_then(self, kept: Store, edit: Callable[..., None]) -> None:
        edit(2)
        assert now(kept) == (b"v2", 2, False)

    def test_a_write_that_is_rolled_back_changes_nothing(
        self, kept: Store, edit: Callable[..., None]
    ) -> None:
        fill("page", b"v1", version=1, store=kept, **TIMES)
        before = kept.get("page")
        with pytest.raises(ZeroDivisionError), transaction.atomic(using="p1"):
            edit(2)
            raise ZeroDivisionError
        assert kept.get("page") == before

    def test_a_fill_that_fails_leaves_the_last_value_as_stale(
        self, kept: Store, edit: Callable[..., None], caplog: pytest.LogCaptureFixture
    ) -> None:
        fill("page", b"v1", version=1, store=kept, **TIMES)
        edit(2, failing)
        assert now(kept) == (b"v1", 1, True)
        assert "Making 'page' has failed" in caplog.text

    def test_while_another_makes_it_the_writer_does_not_wait(
        self, kept: Store, edit: Callable[..., None]
    ) -> None:
        fill("page", b"v1", version=1, soft=0, hard=600, store=kept)
        with paused_maker(kept, Made(b"v2", 2)) as making:
            edit(3)
        assert making.result() == (b"v2", 2, True)
        edit(3)
        assert now(kept) == (b"v3", 3, False)

    def test_of_a_hundred_edits_a_second_ten_are_made_and_every_reader_finds_a_value(
        self, kept: Store, edit: Callable[..., None], clock: Clock
    ) -> None:
        made: list[int] = []

        def made_of(version: int) -> Callable[[], Made]:
            def make() -> Made:
                made.append(version)
                return Made(b"v%d" % version, version)

            return make

        fill("page", b"v1", version=1, store=kept, **TIMES)
        for version in range(2, 202):
            edit(version, made_of(version))
            read = fetch("page", made_of(version), every=0.1, store=kept, **TIMES)
            assert version - read.version <= 10
            clock.move(seconds=0.01)
        assert 18 <= len(made) <= 21
        clock.move(seconds=0.1)
        assert fetch("page", made_of(201), every=0.1, store=kept, **TIMES) == (b"v201", 201, False)


@pytest.fixture
def clock() -> Iterator[Clock]:
    with frozen_time() as clock:
        yield clock
