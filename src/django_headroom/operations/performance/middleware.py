"""``Recorded``: the middleware that records each request; put it first."""

import time
from collections.abc import Callable
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.http import HttpRequest, HttpResponseBase

from django_headroom.operations.performance.recording import Record, recording

ARRIVED = "headroom.arrived"  # in the environment of WSGI: when the request had come, by time.monotonic()


class Recorded:
    """Record what each request costs, under WSGI and under ASGI.

    >>> MIDDLEWARE = ["django_headroom.operations.performance.Recorded", ...]
    """

    sync_capable = async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self.get_response = get_response
        self.is_async = iscoroutinefunction(get_response)
        if self.is_async:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> Any:
        if self.is_async:
            return self._later(request)
        with recording(_record(request)) as record:
            response = self.get_response(request)
            _note(record, response)
        return response

    async def _later(self, request: HttpRequest) -> HttpResponseBase:
        with recording(_record(request)) as record:
            response: HttpResponseBase = await self.get_response(request)
            _note(record, response)
        return response


def _record(request: HttpRequest) -> Record:
    arrived = request.META.get(ARRIVED)
    waited = None if arrived is None else max(0.0, time.monotonic() - arrived)
    return Record("request", request=request, waited=waited)


def _note(record: Record, response: HttpResponseBase) -> None:
    record.status = response.status_code
    record.bytes = None if response.streaming else len(response.content)  # type: ignore[attr-defined]
