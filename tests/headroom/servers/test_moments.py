"""Moments come from PostgreSQL as Django would give them: in UTC where the site keeps them so, else in its own zone."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connections
from django.db.backends.postgresql.base import DatabaseWrapper

from tests.headroom.market.threads import DATABASES
from tests.headroom.servers.conftest import changed

pytestmark = pytest.mark.django_db(databases=DATABASES, transaction=True)

WRITTEN = [
    "2008-02-29 23:59:59.999999+00",
    "0002-01-01 00:00:00+00",
    "2026-07-01 12:00:00+05:30",
    "1965-01-01 00:00+00",
]
SQL = "SELECT moment::timestamptz FROM unnest(%s::text[]) WITH ORDINALITY AS told (moment, place) ORDER BY place"


def read(alias: str = "p1") -> list[datetime]:
    with connections[alias].cursor() as cursor:
        cursor.execute(SQL, [WRITTEN])
        return [moment for (moment,) in cursor.fetchall()]


@contextmanager
def forgotten(*names: str) -> Iterator[None]:
    """What Django remembers of a connection's settings is asked for anew, now and afterwards."""
    kept = vars(connections["p1"])
    for name in names:
        kept.pop(name, None)
    yield
    for name in names:
        kept.pop(name, None)


def test_moments_are_in_utc() -> None:
    moments = read()
    assert moments[0] == datetime(2008, 2, 29, 23, 59, 59, 999_999, tzinfo=UTC)
    assert moments[2] == datetime(2026, 7, 1, 6, 30, tzinfo=UTC)
    assert all(moment.tzinfo is UTC for moment in moments)


def test_they_are_what_djangos_own_engine_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    ours = read()
    monkeypatch.setattr(type(connections["p1"]), "create_cursor", DatabaseWrapper.create_cursor)
    assert read() == ours


def test_a_cursor_that_the_server_keeps_gives_them_too() -> None:
    with connections["p1"].chunked_cursor() as cursor:
        cursor.execute(SQL, [WRITTEN])
        assert [moment for (moment,) in cursor.fetchall()] == read()


def test_a_database_may_have_a_zone_of_its_own() -> None:
    with changed("p1", TIME_ZONE="Asia/Kolkata"), forgotten("timezone", "timezone_name"):
        assert {moment.tzinfo for moment in read()[2:]} == {ZoneInfo("Asia/Kolkata")}
        assert read()[2] == datetime(2026, 7, 1, 6, 30, tzinfo=UTC)


def test_without_time_zones_they_have_none(settings: Any) -> None:
    settings.USE_TZ = False
    with changed("p1"):
        assert {moment.tzinfo for moment in read()} == {None}
