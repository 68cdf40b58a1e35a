"""Time stands still for what an application reads as now, and goes on for what waits."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core import signing
from django.core.cache import cache
from django.utils import timezone
from django.utils.timezone import now

from django_headroom.delayed.models import Event
from django_headroom.testing import frozen_time
from tests.headroom.market.threads import DATABASES, together

TEN = datetime(2026, 11, 26, 10, tzinfo=UTC)


@pytest.mark.parametrize("at", [TEN, "2026-11-26T10:00", "2026-11-26T11:00+01:00", TEN.replace(tzinfo=None)])
def test_now_is_what_the_test_says_until_it_is_moved(at: Any) -> None:
    with frozen_time(at) as clock:
        assert timezone.now() == now() == TEN
        assert time.time() == TEN.timestamp()
        clock.move(days=1, minutes=-5)
        assert now() == TEN + timedelta(days=1, minutes=-5)
        assert timezone.localdate() == TEN.date() + timedelta(days=1)
    assert timezone.now() != clock.now


def test_it_begins_with_now_where_nothing_else_is_said() -> None:
    before = timezone.now()
    with frozen_time() as clock:
        assert before <= clock.now == timezone.now()


def test_all_threads_have_the_same_time() -> None:
    with frozen_time(TEN):
        assert together(3, lambda _: timezone.now()) == [TEN] * 3


def test_times_of_elsewhere_are_times_still() -> None:
    with frozen_time(TEN):
        assert timezone.template_localtime(TEN).utcoffset() is not None
        assert timezone.is_aware(timezone.localtime())


@pytest.mark.django_db(databases=DATABASES)
def test_a_row_gets_the_time_of_the_test() -> None:
    with frozen_time(TEN):
        event = Event.objects.using("p1").create(signal="told", schema=1, payload={})
    event.refresh_from_db()
    assert event.said_at == TEN


def test_what_was_signed_and_what_is_cached_grows_old() -> None:
    with frozen_time(TEN) as clock:
        signed = signing.dumps("Ann")
        cache.set("bread", "rye", timeout=60)
        clock.move(seconds=59)
        assert (signing.loads(signed, max_age=60), cache.get("bread")) == ("Ann", "rye")
        clock.move(seconds=2)
        with pytest.raises(signing.SignatureExpired):
            signing.loads(signed, max_age=60)
        assert cache.get("bread") is None


def test_what_waits_goes_on_to_wait() -> None:
    with frozen_time(TEN):
        before = time.monotonic()
        time.sleep(0.001)
        assert time.monotonic() > before


def test_a_setting_without_time_zones_is_served_too(settings: Any) -> None:
    settings.USE_TZ = False
    with frozen_time(TEN):
        assert timezone.now() == TEN.astimezone().replace(tzinfo=None)
