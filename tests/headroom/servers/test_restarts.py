"""Servers and poolers that are started anew: the next request notices nothing, and nothing is done again."""

from typing import Any

import pytest
from django.db import InterfaceError, OperationalError, connections
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from django_headroom.connections.patience import AnsweredInTime
from django_headroom.connections.pooling import TryLater
from django_headroom.operations.switches import OFF, ON, Switch, declare, declaring, is_on, knowing
from django_headroom.operations.switches.listening import rest, watch
from django_headroom.operations.switches.models import Turn
from django_headroom.operations.switches.turning import history, turn
from django_headroom.transactions import writing
from tests.headroom.market.items.models import Ticket
from tests.headroom.market.threads import DATABASES, together
from tests.headroom.servers.conftest import until
from tests.headroom.servers.pgbouncer import PgBouncer
from tests.headroom.servers.pools import POOL, ask, end_all_backends
from tests.servers import Server

pytestmark = pytest.mark.django_db(databases=[*DATABASES, "p2"], transaction=True)


def test_after_all_backends_were_ended_the_next_request_notices_nothing(
    any_way: str, primary: Server
) -> None:
    together(10, lambda _: ask("SELECT pg_sleep(0.1)"))
    connections["p2"].close()
    assert end_all_backends(primary) >= 5
    for _ in range(12):
        assert ask("SELECT 1") == 1
        connections["p2"].close()
    assert together(20, lambda _: ask("SELECT 1")) == [1] * 20


def test_after_a_restart_of_the_server_neither(any_way: str, primary: Server) -> None:
    together(10, lambda _: ask("SELECT pg_sleep(0.1)"))
    connections["p2"].close()
    primary.stop()
    primary.start()
    assert ask("SELECT 1") == 1
    connections["p2"].close()
    assert together(20, lambda _: ask("SELECT 1")) == [1] * 20


@pytest.mark.parametrize("way", ["outside", "both"])
def test_nor_after_a_restart_of_pgbouncer(
    way: str, pgbouncer: PgBouncer, request: pytest.FixtureRequest
) -> None:
    request.getfixturevalue(way)
    together(10, lambda _: ask("SELECT pg_sleep(0.1)"))
    connections["p2"].close()
    pgbouncer.stop()
    pgbouncer.start()
    assert ask("SELECT 1") == 1
    connections["p2"].close()
    assert together(20, lambda _: ask("SELECT 1")) == [1] * 20


def test_while_the_server_is_away_the_answer_is_503_and_afterwards_it_is_right(
    any_way: str, primary: Server, settings: Any
) -> None:
    """However long it was away: a pool by itself would make its next attempt ever later."""
    settings.HEADROOM = {**settings.HEADROOM, "ANSWER_SECONDS": 0.5}  # PgBouncer lets its clients wait
    options = connections.settings["p2"]["OPTIONS"]
    options.update({"connect_timeout": 2} if any_way == "outside" else {"pool": {**POOL, "timeout": 0.5}})
    assert asked_in_a_request().status_code == 200
    primary.stop()
    answers = [asked_in_a_request() for _ in range(4)]
    assert {(answer.status_code, answer["Retry-After"]) for answer in answers} == {(503, "2")}
    primary.start()
    until(lambda: asked_in_a_request().status_code == 200, "it is there and was not asked")


def asked_in_a_request() -> HttpResponse:
    """As Django does it: the connection is given back at the end."""

    def asking(request: HttpRequest) -> HttpResponse:
        try:
            return HttpResponse(ask("SELECT 1"))
        except OperationalError as error:
            answer = later.process_exception(request, error)
            assert answer is not None
            return answer
        finally:
            connections["p2"].close()

    later = TryLater(asking)
    return AnsweredInTime(later)(RequestFactory().get("/"))


@pytest.mark.parametrize("restarts", ["backends", "server", "pgbouncer"])
def test_of_a_transaction_that_was_broken_off_nothing_is_done_again(
    any_way: str, restarts: str, primary: Server, request: pytest.FixtureRequest
) -> None:
    restarted: Any = primary
    if restarts == "pgbouncer":
        if any_way == "pooled":
            pytest.skip("it does not stand in between")
        restarted = request.getfixturevalue("pgbouncer")
    with pytest.raises((OperationalError, InterfaceError)), writing("p2"):
        Ticket.objects.using("p2").create(text="first")
        if restarts == "backends":
            end_all_backends(primary)
        else:
            restarted.stop()
            restarted.start()
        Ticket.objects.using("p2").create(text="second")
    connections["p2"].close()
    assert list(Ticket.objects.using("p2")) == [], (
        "neither the first, which is undone, nor the second, run again"
    )
    with writing("p2"):
        Ticket.objects.using("p2").create(text="third")
    assert [str(ticket) for ticket in Ticket.objects.using("p2")] == ["third"]


def test_a_switch_is_turned_and_read_while_the_first_database_that_keeps_it_is_dead(
    primary: Server, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.HEADROOM = {**settings.HEADROOM, "SWITCHES": ("p1", "default")}
    monkeypatch.setattr(declaring, "_declared", {})
    declare(Switch("wings", says="Birds fly.", default=True, unread=True, owner="ann"))

    try:
        primary.stop()
        turn("wings", OFF, by="ann", why="it burns")
        assert [each.why for each in history()] == ["it burns"]
        knowing.forget()  # as a process that has just begun
        assert watch()
        assert not is_on("wings")
        primary.start()
        connections["p1"].close()
        turn("wings", ON, by="ann", why="mended")
        kept = [list(Turn.objects.using(alias).order_by("version").values()) for alias in ("p1", "default")]
        assert [each["why"] for each in kept[0]] == ["it burns", "mended"]
        assert kept[0] == kept[1], "whoever was dead has been given what it lacked"
    finally:
        rest()
        knowing.forget()
