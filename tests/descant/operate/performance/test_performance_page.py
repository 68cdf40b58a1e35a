"""The page draws what was kept, by route and release, and each number leads to what it is made of."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from descant.accounts.models import User
from descant.operate.pages.performance import worst_first
from descant.operate.reading_gauges import read_gauges
from django_headroom.operations.performance.models import Cost, Gauge
from tests.descant.conftest import ALL_DATABASES

pytestmark = pytest.mark.django_db(databases=ALL_DATABASES)


@pytest.fixture
def operator() -> Client:
    client = Client()
    client.force_login(User.objects.create_user("opal", is_staff=True))
    return client


@pytest.fixture
def kept() -> None:
    now = timezone.now().replace(second=0, microsecond=0)
    for minute in range(40):
        release, slower = ("2.0", 4) if minute < 20 else ("1.0", 1)
        for route, n in (("embed/comments/", 30), ("f/<str:name>/", 3)):
            Cost.objects.create(
                at=now - timedelta(minutes=minute),
                seconds=60,
                kind="request",
                route=route,
                release=release,
                n=n,
                b3=n,
                queries=n * slower,
                wall_ms=n * 6,
            )


def test_all_routes_are_drawn_and_lead_to_each_of_them(operator: Client, kept: None) -> None:
    page = operator.get("/operate/performance/").content.decode()
    assert page.count("<svg") >= 7
    assert page.count('class="release"') == page.count("<svg"), "a release is marked on each time axis"
    assert "<title>2.0</title>" in page
    link = "?over=hour&amp;kind=request&amp;route=embed%2Fcomments%2F"
    for chart in ("rate", "times", "queries", "db", "calls", "errors"):
        assert f'href="{link}#{chart}"' in page


def test_a_route_is_told_apart_by_release_and_down_to_its_minutes(operator: Client, kept: None) -> None:
    asked = {"over": "hour", "kind": "request", "route": "f/<str:name>/"}
    answer = operator.get("/operate/performance/", asked)
    rows = {row["release"]: row for row in answer.context["rows"]}
    assert {name: (row["figures"].n, row["queries"]) for name, row in rows.items()} == {
        "1.0": (60, 1.0),
        "2.0": (60, 4.0),
    }
    assert [row["times"][1] for row in rows.values()] == [pytest.approx(7.8)] * 2
    assert sum(each.n for _at, each in answer.context["steps"]) == 120
    page = answer.content.decode()
    assert "&lt;str:name&gt;" in page
    assert 'id="times"' in page
    one = operator.get("/operate/performance/", {**asked, "release": "2.0"})
    assert sum(each.n for _at, each in one.context["steps"]) == 60


@pytest.mark.parametrize("over", ["hour", "day", "week", "ever"])
def test_the_same_requests_are_in_every_span(over: str, operator: Client, kept: None) -> None:
    answer = operator.get("/operate/performance/", {"over": over, "route": "f/<str:name>/"})
    assert sum(each.n for _at, each in answer.context["steps"]) == 120


def test_what_goes_up_and_down_is_read_and_drawn(operator: Client, kept: None) -> None:
    with CaptureQueriesContext(connections["default"]) as sent:
        read_gauges()
    assert sum("INSERT" in query["sql"] for query in sent) == 1, "all of them are written at once"
    assert {row.label for row in Gauge.objects.filter(name="queue age")} >= {"default", "p1", "p2"}
    page: Any = operator.get("/operate/performance/").content.decode()
    assert 'id="queue-age"' in page


def test_what_is_only_counted_has_no_times_and_what_nobody_asked_no_number(operator: Client) -> None:
    at = timezone.now().replace(second=0, microsecond=0)
    Cost.objects.create(
        at=at, seconds=60, kind="front", route="embed/comments/", release="1.0", n=90, stale=4
    )
    answer = operator.get("/operate/performance/")
    (row,) = answer.context["rows"]
    assert (row["figures"].n, row["is_timed"]) == (90, False)
    latest = {chart.name: chart.latest for chart in answer.context["charts"]}
    assert (latest["stale"], latest["hits"], latest["times"]) == ([("", 4.0)], [], [])
    assert "from memory, only counted" in answer.content.decode()


def test_of_several_databases_the_worst_are_named_first() -> None:
    at = timezone.now()
    ages = {"default": {at: 0.0}, "p1": {at: 3.0}, "p2": {at: 90.0}}
    assert [name for name, _ in worst_first(ages, "s")] == ["p2", "p1", "default"]
    assert [name for name, _ in worst_first(ages, "%")] == ["default", "p1", "p2"]
