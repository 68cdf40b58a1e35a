"""Many threads on few connections, inside the process and outside it; and servers that end connections meanwhile."""

import threading
import time
from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.db import OperationalError, connections
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.test import RequestFactory
from django.urls import path

from django_headroom.connections import pooling
from django_headroom.connections.pooling import OfASession, TryLater, gauges
from django_headroom.transactions import writing
from tests.headroom.market.items.models import Ticket
from tests.headroom.market.threads import DATABASES, together
from tests.headroom.servers.conftest import changed
from tests.headroom.servers.pgbouncer import MOST
from tests.headroom.servers.pools import ask, backends
from tests.servers import Server

pytestmark = pytest.mark.django_db(databases=[*DATABASES, "p2"], transaction=True)


def most_backends_while(primary: Server, run: Any) -> tuple[int, list[Any]]:
    """What ``run`` returns in 500 threads, and the most backends that were seen meanwhile."""
    most, is_over = 0, threading.Event()

    def watch() -> None:
        nonlocal most
        while not is_over.is_set():
            most = max(most, backends(primary))
            time.sleep(0.01)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        found = together(500, run)
    finally:
        is_over.set()
        watcher.join()
    return most, found


def test_500_threads_share_twenty_connections(pooled: None, primary: Server) -> None:
    most, found = most_backends_while(primary, lambda number: ask("SELECT %s FROM pg_sleep(0.02)", number))
    assert sorted(found) == list(range(500))
    assert 2 <= most <= MOST


def test_500_threads_share_twenty_backends_behind_pgbouncer(outside: None, primary: Server) -> None:
    most, found = most_backends_while(primary, lambda number: ask("SELECT %s FROM pg_sleep(0.02)", number))
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


def test_ten_thousand_requests_leak_no_connection(pooled: None, primary: Server, settings: Any) -> None:
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
    assert backends(primary) == gauge["pool_size"]
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
    assert [(each.id, each.msg.split()[0]) for each in found] == [("headroom.E305", "locks/locking.py:2")]
    settings.HEADROOM = {**settings.HEADROOM, "POOLED": {"p2": "p1"}}
    with changed("p2", DISABLE_SERVER_SIDE_CURSORS=True):
        found = pooling.check_pooled([Locks()])  # type: ignore[list-item]
    assert [each.id for each in found] == ["headroom.W304"], "there is an alias to send it to"
