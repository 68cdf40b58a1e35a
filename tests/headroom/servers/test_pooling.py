"""Many threads on few connections, inside the process and outside it; and servers that end connections meanwhile."""

import threading
import time
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.db import InterfaceError, OperationalError, connections
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.test import RequestFactory
from django.urls import path

from django_headroom.connections import pooling
from django_headroom.connections.pooling import OfASession, TryLater, gauges
from django_headroom.transactions import writing
from tests.headroom.market.items.models import Ticket
from tests.headroom.market.threads import DATABASES, together
from tests.headroom.servers.conftest import until
from tests.headroom.servers.pgbouncer import MOST, running_pgbouncer
from tests.headroom.settings import SERVER

pytestmark = pytest.mark.django_db(databases=[*DATABASES, "p2"], transaction=True)

NAMED = "descant-pooled"


@pytest.fixture
def pooled() -> Iterator[None]:
    """p2 with a pool of twenty, which names itself to the server."""
    pool = {"min_size": 2, "max_size": MOST, "timeout": 30}
    with changed("p2", OPTIONS={"application_name": NAMED, "pool": pool}, CONN_MAX_AGE=0):
        yield
        connections["p2"].close()
        connections["p2"].close_pool()  # type: ignore[attr-defined]


@pytest.fixture
def outside() -> Iterator[None]:
    """p2 through PgBouncer."""
    with running_pgbouncer(SERVER) as port:
        options = {"application_name": NAMED, "connect_timeout": 30}
        told = {"HOST": "127.0.0.1", "PORT": port, "OPTIONS": options, "DISABLE_SERVER_SIDE_CURSORS": True}
        with changed("p2", **told):
            yield
            connections["p2"].close()


class changed:  # noqa: N801 - reads as what it does
    """An alias with other settings for a while; other threads see them too."""

    def __init__(self, alias: str, **settings: Any) -> None:
        self.alias, self.settings = alias, settings

    def __enter__(self) -> None:
        connections[self.alias].close()
        self.before = dict(connections.settings[self.alias])
        connections.settings[self.alias].update(self.settings)

    def __exit__(self, *_: object) -> None:
        connections.settings[self.alias].clear()
        connections.settings[self.alias].update(self.before)


def ask(sql: str, *values: object) -> Any:
    with connections["p2"].cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchone()[0]


def told_by_the_server(sql: str) -> int:
    with psycopg.connect(f"{SERVER}/postgres", autocommit=True) as server:
        return int(server.execute(sql, [NAMED]).fetchone()[0])  # type: ignore[index]


def backends() -> int:
    return told_by_the_server("SELECT count(*) FROM pg_stat_activity WHERE application_name = %s")


def end_all_backends() -> int:
    sql = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = %s"
    ended = told_by_the_server(sql)
    until(lambda: backends() == 0, "they did not end")
    return ended


def most_backends_while(run: Any) -> tuple[int, list[Any]]:
    """What ``run`` returns in 500 threads, and the most backends that were seen meanwhile."""
    most, is_over = 0, threading.Event()

    def watch() -> None:
        nonlocal most
        while not is_over.is_set():
            most = max(most, backends())
            time.sleep(0.01)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        found = together(500, run)
    finally:
        is_over.set()
        watcher.join()
    return most, found


def test_500_threads_share_twenty_connections(pooled: None) -> None:
    most, found = most_backends_while(lambda number: ask("SELECT %s FROM pg_sleep(0.02)", number))
    assert sorted(found) == list(range(500))
    assert 2 <= most <= MOST


def test_500_threads_share_twenty_backends_behind_pgbouncer(outside: None) -> None:
    most, found = most_backends_while(lambda number: ask("SELECT %s FROM pg_sleep(0.02)", number))
    assert sorted(map(int, found)) == list(range(500))
    assert 2 <= most <= MOST


def test_who_waits_too_long_is_told_to_come_back(pooled: None) -> None:
    connections.settings["p2"]["OPTIONS"]["pool"].update(min_size=1, max_size=1, timeout=0.2)
    ask("SELECT 1")

    def asking(_: int) -> HttpResponse | None:
        with pytest.raises(OperationalError) as refused:
            ask("SELECT 1")
        nothing = RequestFactory().get("/")
        return TryLater(lambda request: HttpResponse()).process_exception(nothing, refused.value)

    answers = [answer for answer in together(4, asking) if answer]
    assert [(answer.status_code, answer["Retry-After"]) for answer in answers] == [(503, "2")] * 4
    assert gauges()["p2"].size == 1
    assert gauges()["p2"].refused == 4
    connections["p2"].close()
    assert ask("SELECT 1") == 1


def test_after_all_backends_were_ended_the_next_request_notices_nothing(pooled: None) -> None:
    together(10, lambda _: ask("SELECT pg_sleep(0.1)"))
    connections["p2"].close()
    assert end_all_backends() >= 5
    for _ in range(12):
        assert ask("SELECT 1") == 1
        connections["p2"].close()
    assert together(20, lambda _: ask("SELECT 1")) == [1] * 20


def test_behind_pgbouncer_neither(outside: None) -> None:
    assert ask("SELECT 1") == 1
    connections["p2"].close()
    assert end_all_backends() >= 1
    assert ask("SELECT 1") == 1


@pytest.mark.parametrize("kind", ["pooled", "outside"])
def test_of_a_transaction_that_was_broken_off_nothing_is_done_again(
    kind: str, request: pytest.FixtureRequest
) -> None:
    request.getfixturevalue(kind)
    with pytest.raises((OperationalError, InterfaceError)), writing("p2"):
        Ticket.objects.using("p2").create(text="first")
        end_all_backends()
        Ticket.objects.using("p2").create(text="second")
    connections["p2"].close()
    assert list(Ticket.objects.using("p2")) == [], (
        "neither the first, which is undone, nor the second, run again"
    )
    with writing("p2"):
        Ticket.objects.using("p2").create(text="third")
    assert [str(ticket) for ticket in Ticket.objects.using("p2")] == ["third"]


def view(request: HttpRequest) -> Any:
    kind = int(request.GET["kind"]) % 5
    Ticket.objects.using("p2").count()
    if kind == 1:
        raise KeyError("a view that fails")
    if kind == 2:
        with writing("p2"):
            Ticket.objects.using("p2").create(text="half")
            raise ZeroDivisionError
    if kind == 3:
        ask("SELECT 1 / 0")
    if kind == 4:
        return StreamingHttpResponse(str(ask("SELECT %s", number)) for number in range(1000))
    return HttpResponse("done")


urlpatterns = [path("", view)]


def test_ten_thousand_requests_leak_no_connection(pooled: None, settings: Any) -> None:
    """Among them views that fail, transactions that are undone, and readers who leave in the middle of an answer."""
    settings.ROOT_URLCONF = __name__
    settings.ALLOWED_HOSTS = ["testserver"]
    settings.LOGGING_CONFIG = None
    application = WSGIHandler()
    application.load_middleware()
    factory = RequestFactory(raise_request_exception=False)

    def asking(number: int) -> int:
        statuses = 0
        for turn in range(1_250):
            environ = factory.get(f"/?kind={number + turn}").environ
            told: list[str] = []
            body = application(environ, lambda status, headers, told=told: told.append(status))  # type: ignore[misc]
            next(iter(body), b"")
            body.close()  # type: ignore[union-attr]
            statuses += told[0].startswith("200")
        return statuses

    answered = together(8, asking)
    assert sum(answered) == 10_000 * 2 // 5
    gauge = pool_of("p2")
    assert gauge["pool_available"] == gauge["pool_size"] <= MOST
    assert backends() == gauge["pool_size"]
    assert Ticket.objects.using("p2").count() == 0


def pool_of(alias: str) -> dict[str, int]:
    return connections[alias].pool.get_stats()  # type: ignore[attr-defined, no-any-return]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT pg_advisory_lock(1)",
        "select pg_try_advisory_lock (1)",
        "LISTEN news",
        "SET statement_timeout = 5",
        "CREATE TEMP TABLE notes (id int)",
    ],
)
def test_what_leans_on_a_session_is_refused_on_a_pooled_alias(sql: str, outside: None, settings: Any) -> None:
    settings.HEADROOM = {**settings.HEADROOM, "POOLED": {"p2": "p1"}}
    with pytest.raises(OfASession, match=r"leads to a pooler\. Send it to 'p1', or keep to the transaction"):
        ask(sql)
    with writing("p2"), connections["p2"].cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 5000")
        cursor.execute("SELECT pg_advisory_xact_lock(1)")


def test_a_walk_of_many_rows_works_behind_pgbouncer(outside: None) -> None:
    Ticket.objects.using("p2").bulk_create(Ticket(text=str(number)) for number in range(300))
    assert sum(1 for _ in Ticket.objects.using("p2").iterator(chunk_size=50)) == 300


def test_the_checks_refuse_what_a_pooler_cannot_give(settings: Any, tmp_path: Any) -> None:
    settings.HEADROOM = {**settings.HEADROOM, "POOLED": {"p2": "p2_direct"}}
    with changed("p2", OPTIONS={"prepare_threshold": 5}, DISABLE_SERVER_SIDE_CURSORS=False):
        found = {each.id: each for each in pooling.check_pooled(None)}
    assert set(found) == {"headroom.E301", "headroom.E302", "headroom.W303"}
    assert "'p2_direct'" in found["headroom.E301"].msg
    settings.HEADROOM = {**settings.HEADROOM, "POOLED": {"p2": "p1"}}
    with changed("p2", DISABLE_SERVER_SIDE_CURSORS=True):
        assert pooling.check_pooled(None) == []


def test_the_checks_find_a_sessions_lock_in_the_code(settings: Any, tmp_path: Any) -> None:
    class Locks:
        label, path = "locks", str(tmp_path)

    (tmp_path / "locking.py").write_text("one = 1\nSQL = 'SELECT pg_advisory_lock(%s)'\n")
    settings.HEADROOM = {**settings.HEADROOM, "POOLED": {"p2": ""}}
    with changed("p2", DISABLE_SERVER_SIDE_CURSORS=True):
        found = pooling.check_pooled([Locks()])  # type: ignore[list-item]
    assert [(each.id, each.msg.split()[0]) for each in found] == [("headroom.W304", "locks/locking.py:2")]
