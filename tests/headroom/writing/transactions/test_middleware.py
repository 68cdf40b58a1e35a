"""FirstWrite: a request reads in autocommit, and what it writes is kept or undone whole."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connections
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.test import Client, RequestFactory, override_settings
from django.urls import path

from django_headroom.transactions import FirstWrite
from tests.headroom.market.shops.models import Shop
from tests.headroom.market.threads import DATABASES
from tests.headroom.market.wire import on_the_wire
from tests.headroom.settings import HEADROOM
from tests.headroom.writing.transactions.test_first_write import Spoilt, kept, make, own_words

pytestmark = pytest.mark.django_db(databases=DATABASES, transaction=True)


def answer(request: HttpRequest, status: int) -> HttpResponse:
    make(f"of {status}")
    return HttpResponse(status=status)


def fail(request: HttpRequest) -> HttpResponse:
    make("failed")
    raise Spoilt


def read(request: HttpRequest) -> HttpResponse:
    return HttpResponse(Shop.objects.count())


def stream(request: HttpRequest) -> StreamingHttpResponse:
    def parts() -> Iterator[str]:
        for alias in DATABASES:
            assert not connections[alias].in_atomic_block
        yield from kept()

    make("streamed")
    return StreamingHttpResponse(parts())


async def elsewhere(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


urlpatterns = [
    path("answer/<int:status>/", answer),
    path("fail/", fail),
    path("read/", read),
    path("stream/", stream),
    path("async/", elsewhere),
]


@contextmanager
def site(**settings: Any) -> Iterator[Client]:
    middleware = ["django_headroom.transactions.FirstWrite"]
    chosen = {**HEADROOM, **settings}
    with override_settings(
        ROOT_URLCONF=__name__, MIDDLEWARE=middleware, ALLOWED_HOSTS=["testserver"], HEADROOM=chosen
    ):
        yield Client(raise_request_exception=False)


def test_a_page_that_only_reads_costs_no_transaction(db: None) -> None:
    with site() as client, on_the_wire("default") as sent:
        assert client.get("/read/").content == b"0"
    assert own_words(sent) == []


def test_an_error_undoes_what_the_request_wrote_and_a_refusal_does_not(db: None) -> None:
    with site() as client:
        statuses = [client.get(f"/answer/{status}/").status_code for status in (200, 404, 503)]
        statuses.append(client.get("/fail/").status_code)
    assert statuses == [200, 404, 503, 500]
    assert kept() == ["of 200", "of 404"]
    with site(FIRST_WRITE_UNDONE_FROM=400) as client:
        client.get("/answer/403/")
    assert kept() == ["of 200", "of 404"]


def test_what_streams_is_committed_before_its_first_byte(db: None) -> None:
    with site() as client:
        assert b"".join(client.get("/stream/")) == b"streamed"  # type: ignore[arg-type]


def test_an_asynchronous_view_is_refused(db: None) -> None:
    with site(), pytest.raises(ImproperlyConfigured, match="this view is asynchronous"):
        Client().get("/async/")
    with pytest.raises(ImproperlyConfigured, match="asynchronous"):
        FirstWrite(elsewhere)  # type: ignore[arg-type]


def test_it_serves_a_plain_function_as_well(db: None) -> None:
    with override_settings(HEADROOM={**HEADROOM, "FIRST_WRITE": ("default", "people")}):
        FirstWrite(lambda request: answer(request, 200))(RequestFactory().get("/"))
    assert kept() == ["of 200"]
