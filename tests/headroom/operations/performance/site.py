"""A small site whose pages cost what their addresses say."""

import asyncio
import threading
import time
import urllib.request
from typing import Any

from asgiref.sync import sync_to_async
from django.core.cache import cache
from django.db import connections
from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.urls import path

from django_headroom.operations.performance import note_stale, outgoing

MIDDLEWARE = ["django_headroom.operations.performance.Recorded"]
has_come, go_on = threading.Event(), threading.Event()


def ask(times: int, alias: str = "p1") -> None:
    with connections[alias].cursor() as cursor:
        for number in range(times):
            cursor.execute("SELECT %s", [number])


def leave(alias: str = "p1") -> None:
    """What a thread has opened, it closes."""
    connections[alias].close()


def asking(request: HttpRequest, times: int) -> HttpResponse:
    for _ in range(times):
        ask(1)
        time.sleep(0)  # let another request come in between
    leave()
    return HttpResponse("asked")


async def asking_later(request: HttpRequest, times: int) -> HttpResponse:
    for _ in range(times):
        await sync_to_async(ask)(1)
        with outgoing("search.example"):
            await asyncio.sleep(0)
    await sync_to_async(leave)()
    return HttpResponse("asked")


def all_of_it(request: HttpRequest, word: str) -> HttpResponse:
    cache.get("nothing")
    cache.set("something", 1)
    cache.get_many(["something", "nothing"])
    ask(3, "p2")
    note_stale()
    if place := request.GET.get("call"):
        with urllib.request.urlopen(place, timeout=30) as answer:
            answer.read()
    return HttpResponse(engines["django"].from_string("{{ word }}").render({"word": word}))


def waiting(request: HttpRequest) -> HttpResponse:
    has_come.set()
    go_on.wait(60)
    return HttpResponse("went on")


def waits(execute: Any, *given: Any) -> Any:
    has_come.set()
    go_on.wait(60)
    return execute(*given)


def hanging(request: HttpRequest) -> HttpResponse:
    with connections["p1"].execute_wrapper(waits):
        ask(1)
    leave()
    return HttpResponse("went on")


async def waiting_later(request: HttpRequest) -> HttpResponse:
    has_come.set()
    while not go_on.is_set():
        await asyncio.sleep(0.01)
    return HttpResponse("went on")


urlpatterns = [
    path("ask/<int:times>/", asking),
    path("later/<int:times>/", asking_later),
    path("all/<str:word>/", all_of_it),
    path("wait/", waiting),
    path("hang/", hanging),
    path("wait/later/", waiting_later),
]
