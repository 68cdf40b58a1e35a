"""What is declared is kept and nothing else; no release misreads another's rows, and an audit finds what is wrong."""

import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connections, models

from django_headroom.caching import Store
from django_headroom.caching.rows import NotHeard, NotKeepable, RowsByKey
from django_headroom.caching.rows.coding import Coding
from django_headroom.caching.rows.finding import homes_of
from django_headroom.caching.rows.hearing import _forgetting
from django_headroom.delayed.models import Event
from django_headroom.testing import assertQueryCount
from django_headroom.updates import change
from tests.headroom.market.people.models import Baker, Person
from tests.headroom.market.threads import DATABASES, together

pytestmark = [
    pytest.mark.django_db(databases=DATABASES, transaction=True),
    pytest.mark.usefixtures("kept"),
]


@pytest.fixture
def deployed() -> Iterator[Callable[..., RowsByKey]]:
    """The rows as another release of the program declares them."""
    heard = list(_forgetting[Baker])

    def declare(*columns: str) -> RowsByKey:
        rows = RowsByKey(*columns)
        rows._begin(Baker)
        return rows

    yield declare
    _forgetting[Baker][:] = heard


def test_a_deploy_and_a_revert_read_nothing_of_one_another(
    bo: Baker, deployed: Callable[..., RowsByKey]
) -> None:
    newer = deployed("name", "address")
    for release in (Baker.rows, newer, Baker.rows, newer):
        with assertQueryCount(1):
            assert release.get(bo.pk).name == "Bo"
    change(bo, name="Bob")
    for release in (newer, Baker.rows):
        assert release.get(bo.pk).name == "Bob"


@pytest.fixture(autouse=True)
def _an_address_may_be_kept_here(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if "deployed" in request.fixturenames:
        monkeypatch.setattr(Baker, "never_kept", ())


def test_bytes_of_somebody_else_are_a_miss(bo: Baker, kept: Store) -> None:
    for held in (b"", b"something else", b"hrR1", b"hrR1r", b"hrR1m{", b"hrR1m[1]", b"hrR2n"):
        kept.put(f"row/people.baker/{bo.pk}", held, seconds=60)
        with assertQueryCount(1):
            assert Baker.rows.get(bo.pk).name == "Bo"
        with assertQueryCount(0):
            assert Baker.rows.get(bo.pk).name == "Bo"


def test_a_row_that_was_cut_is_a_miss(bo: Baker) -> None:
    coding = Coding(Baker, Baker.rows._columns)
    whole = coding.pack(Baker.rows.get(bo.pk))
    assert coding.unpack(whole) == Baker.rows.get(bo.pk)
    assert {coding.unpack(whole[:end]) for end in range(len(whole))} == {None}


def test_what_was_written_behind_its_back_is_found_by_the_audit(
    bo: Baker, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.HEADROOM = {**settings.HEADROOM, "ROWS_AUDITED": 1}
    Baker.rows.get(bo.pk)
    with assertQueryCount(1), caplog.at_level(logging.ERROR):
        Baker.rows.get(bo.pk)
    assert not caplog.messages
    with connections["people"].cursor() as cursor:
        cursor.execute("UPDATE people_baker SET name = 'Bob' WHERE id = %s", [bo.pk])
    assert Baker.rows.get(bo.pk).name == "Bo"
    assert "something writes without RowsByKey.forget()" in caplog.text
    assert Baker.rows.get(bo.pk).name == "Bob", "and is read anew"


def test_a_write_in_the_middle_of_the_audit_is_no_fault(
    bo: Baker, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.HEADROOM = {**settings.HEADROOM, "ROWS_AUDITED": 1}
    Baker.rows.get(bo.pk)
    kept = Baker.rows.get(bo.pk)
    told = [lambda: change(Baker.objects.get(pk=bo.pk), name="Bob")]

    def ask(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if told:
            act = told.pop()
            together(1, lambda _: act())
        return execute(sql, params, many, context)

    with connections["people"].execute_wrapper(ask):
        assert Baker.rows.get(bo.pk) == kept
    assert not caplog.messages


@pytest.mark.parametrize(
    ("columns", "why"),
    [
        (["address"], "never_kept"),
        (["token"], "secret"),
        (["password_hash"], "secret"),
        (["photo"], "BinaryField"),
    ],
)
def test_a_column_that_must_not_be_kept_is_refused(columns: list[str], why: str) -> None:
    with pytest.raises(NotKeepable, match=why):

        class Locked(models.Model):
            never_kept = ("address",)

            address = models.CharField(max_length=10)
            token = models.CharField(max_length=10)
            password_hash = models.CharField(max_length=10)
            photo = models.BinaryField()
            rows = RowsByKey(*columns)

            class Meta:
                app_label = "people"


def test_a_model_whose_update_would_not_be_heard_is_refused(db: None) -> None:
    with pytest.raises(NotHeard, match="RowsQuerySet"):
        RowsByKey("name")._begin(Person)


def test_what_has_no_rows_of_its_own_cannot_keep_any() -> None:
    with pytest.raises(NotKeepable, match="has no rows"):

        class Worker(models.Model):
            rows = RowsByKey("name")

            class Meta:
                app_label = "people"
                abstract = True

    with pytest.raises(NotKeepable, match="a table in every database"):
        homes_of(Event)
