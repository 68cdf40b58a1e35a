"""`descant metrics` tells what each database knows, also while one of them does not answer."""

from typing import Any

import pytest
from django.db import OperationalError, connections

from descant.operate.commands.watching.site_metrics import Readings, Site
from descant.site.command import main
from django_headroom.delayed.models import Event, Lane
from tests.descant.conftest import ALL_DATABASES

pytestmark = pytest.mark.django_db(databases=ALL_DATABASES, transaction=True)


def told(found: Any) -> dict[tuple[str, ...], float]:
    return {
        (sample.name, *sample.labels.values()): sample.value for metric in found for sample in metric.samples
    }


def out_of_reach(*_: Any) -> Any:
    raise OperationalError("the connection is gone")


def test_what_waits_is_told_by_lane_and_what_does_not_answer_is_down() -> None:
    for signal, lane in (("a", Lane.HIGH), ("b", Lane.HIGH), ("c", Lane.BULK)):
        Event.objects.using("p1").create(signal=signal, schema=1, payload={}, lane=lane)
    with connections["p2"].execute_wrapper(out_of_reach):
        found = told(Readings().read())
    assert found["descant_queue_events", "p1", "high", "due"] == 2
    assert found["descant_queue_events", "p1", "bulk", "due"] == 1
    assert found["descant_queue_oldest_seconds", "p1", "high"] > 0
    assert [found["descant_database_up", alias] for alias in ALL_DATABASES] == [1, 1, 0]
    assert not [name for name in found if "p2" in name and name[0] != "descant_database_up"]


def test_databases_are_asked_once_however_often_somebody_asks() -> None:
    site = Site()
    first = told(site.collect())
    Event.objects.using("p1").create(signal="a", schema=1, payload={}, lane=Lane.HIGH)
    assert told(site.collect()) == first


def test_without_a_port_it_says_what_to_set(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["metrics"]) == 2
    assert "set DESCANT_METRICS, such as 127.0.0.1:9464" in capsys.readouterr().err
