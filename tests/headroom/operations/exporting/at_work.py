"""A process of that site: it does what each line of its standard input says, and answers each with a line of JSON."""

import json
import logging
import sys
from typing import Any

import django
from django.core.cache import cache
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path

from django_headroom.operations.exporting import reads
from django_headroom.operations.performance import note_stale, outgoing, recorded, recording, watching
from django_headroom.operations.performance.hearing import when_sent
from django_headroom.operations.performance.recording import Record
from django_headroom.operations.performance.telling import line_of

LIBRARIES = ("prometheus_client", "opentelemetry", "google.protobuf")
last: list[dict[str, Any]] = []


def shelf(request: HttpRequest, name: str) -> HttpResponse:
    with connection.cursor() as cursor:
        for number in range(int(request.GET.get("times", 2))):
            cursor.execute("SELECT %s, 'secret'", [f"{name} {number}"])
    cache.get(name)
    with outgoing("mill.example"):
        pass
    if name == "old":
        note_stale()
    if name == "burnt":
        logging.getLogger("bakery").error("It is burnt.")
        raise ArithmeticError(f"{name} for {request.GET['mail']}")
    return HttpResponse(name)


urlpatterns = [path("shelf/<str:name>/", shelf)]


def get(address: str) -> int:
    return Client(raise_request_exception=False).get(address).status_code


def jobs(number: int) -> int:
    for each in range(number):
        with recorded("job", f"bake {each}"):
            pass
    return number


def told(_: str) -> dict[str, Any]:
    """What the last record says."""
    return last[-1]


def imported(_: str) -> dict[str, Any]:
    """What is there only if somebody wants it."""
    found = sorted({name for name in sys.modules if name.startswith(LIBRARIES)})
    hears = {"start": recording.at_the_start, "end": recording.at_the_end, "sent": when_sent}
    return {"libraries": found, **{name: len(hears[name]) for name in hears}}


def read(_: str) -> int:
    """As the thread does once a second."""
    for each in watching.each_second:
        each()
    return len(watching.each_second)


def keep(record: Record) -> None:
    last[:] = [line_of(record)]


def main() -> None:
    django.setup()
    reads("bakery_loaves", "Loaves that lie on the shelf.", lambda: 4)
    recording.at_the_end.append(keep)
    acts = {"get": get, "jobs": jobs, "told": told, "imported": imported, "read": read}
    for line in sys.stdin:
        ((act, given),) = json.loads(line).items()
        print(json.dumps(acts[act](given)), flush=True)


if __name__ == "__main__":
    main()
