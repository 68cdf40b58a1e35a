"""Errors are met in requests, threads and logs, and what is kept of one tells where it was, and no secret."""

import io
import json
import logging
import threading
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import sentry_sdk
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpRequest, HttpResponse
from django.template import Engine
from django.test import Client, override_settings
from django.urls import path

from django_headroom.operations.errors import capturing
from django_headroom.operations.errors.capturing import capture, flush
from django_headroom.operations.errors.models import Group, Occurrence
from tests.headroom.market.people.models import Person

pytestmark = pytest.mark.django_db(databases=["default", "people"])


def sell(request: HttpRequest, loaf: str) -> HttpResponse:
    password = "hunter2"  # noqa: F841 - it is to be hidden
    list(Person.objects.filter(name="Ann"))
    price = {"ann@bakery.example": 7}
    return HttpResponse(price[loaf])


urlpatterns = [path("sell/<str:loaf>/", sell, name="sell")]


def kept() -> dict[str, Any]:
    flush()
    found: dict[str, Any] = Occurrence.objects.latest("pk").body
    return found


@override_settings(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["testserver"])
def test_an_error_in_a_request_tells_its_route_statements_and_variables() -> None:
    client = Client(raise_request_exception=False, headers={"Cookie": "hunter3", "User-Agent": "Firefox"})
    client.post("/sell/rye/?token=hunter4", {"secret": "hunter5"}, REMOTE_ADDR="192.0.2.7")
    body = kept()
    assert Group.objects.get().title == "KeyError"
    assert Group.objects.get().culprit.endswith("test_capturing.sell")
    assert body["transaction"] == "sell"
    assert body["request"]["method"] == "POST"
    assert body["request"]["url"] == "/sell/rye/"
    frame = body["exception"]["values"][-1]["stacktrace"]["frames"][-1]
    assert frame["context_line"].strip() == "return HttpResponse(price[loaf])"
    assert frame["in_app"]
    assert frame["vars"]["loaf"] == "'rye'"
    assert frame["vars"]["password"] == "[hidden]"
    assert any('FROM "people_person"' in each["message"] for each in body["breadcrumbs"]["values"])
    written = json.dumps(body)
    for secret in ("hunter", "ann@bakery", "192.0.2.7"):
        assert secret not in written.replace('password = \\"hunter2\\"', "").replace(
            '"ann@bakery.example\\": 7', ""
        )


@override_settings(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["testserver"])
def test_an_error_that_is_answered_costs_its_request_no_statement(django_assert_num_queries: Any) -> None:
    client = Client(raise_request_exception=False)
    with django_assert_num_queries(0, using="default"), django_assert_num_queries(1, using="people"):
        client.get("/sell/rye/")
    assert flush() == 1


def test_the_chain_is_told_with_the_cause_first(bakery: ModuleType) -> None:
    with pytest.raises(LookupError) as caught:
        bakery.sell(7)
    capture(caught.value, job={"name": "sell loaves", "tries": 3})
    body = kept()
    assert [each["type"] for each in body["exception"]["values"]] == ["ValueError", "LookupError"]
    assert body["contexts"]["job"] == {"name": "sell loaves", "tries": "3"}


def test_an_error_in_a_template_tells_its_line(tmp_path: Path, bakery: ModuleType) -> None:
    (tmp_path / "shelf.html").write_text("{% block all %}{% endblock %}")
    (tmp_path / "shop.html").write_text(
        "{% extends 'shelf.html' %}\n{% block all %}\n{% if loaves %}\n{{ loaves.sold }}\n{% endif %}{% endblock %}"
    )
    loaves = {"sold": lambda: bakery.weigh(7, 0)}
    with pytest.raises(ZeroDivisionError) as caught:
        Engine(dirs=[str(tmp_path)]).render_to_string("shop.html", {"loaves": loaves})
    capture(caught.value)
    frames = kept()["exception"]["values"][0]["stacktrace"]["frames"]
    lines = [each for each in frames if each["function"] == "template"]
    assert lines[-1]["abs_path"] == str(tmp_path / "shop.html")
    assert (lines[-1]["module"], lines[-1]["lineno"], lines[-1]["in_app"]) == ("shop.html", 4, True)
    assert lines[-1]["context_line"] == "{{ loaves.sold }}"


def test_values_are_told_as_they_were_when_it_was_raised() -> None:
    basket = ["rye"]
    try:
        raise ValueError("too full")
    except ValueError as error:
        capture(error)
    basket.append("wheat")
    assert kept()["exception"]["values"][0]["stacktrace"]["frames"][-1]["vars"]["basket"] == "['rye']"


def test_a_deep_stack_is_told_at_both_ends() -> None:
    def dig(depth: int) -> int:
        return dig(depth + 1)

    try:
        dig(0)
    except RecursionError as error:
        capture(error)
    frames = kept()["exception"]["values"][0]["stacktrace"]["frames"]
    assert len(frames) == 60
    assert frames[0]["function"].startswith("test_a_deep_stack")


def test_an_error_in_a_thread_is_met(bakery: ModuleType) -> None:
    with pytest.raises(ZeroDivisionError) as caught:
        bakery.weigh(7, 0)
    # pytest puts a hook of its own before ours while a test runs.
    told = (ZeroDivisionError, caught.value, caught.tb, threading.current_thread())
    capturing._in_thread(threading.ExceptHookArgs(told))
    assert kept()["contexts"]["job"]["thread"] == "MainThread"


def test_what_is_logged_as_an_error_is_one_though_it_was_answered(bakery: ModuleType) -> None:
    try:
        bakery.weigh(7, 0)
    except ZeroDivisionError:
        logging.getLogger("bakery").exception("Not weighed.")
    logging.getLogger("bakery").error("No error was raised.")
    assert kept()["contexts"]["job"]["logger"] == "bakery"
    assert Group.objects.get().count == 1


def test_what_is_captured_through_the_sdk_is_counted_as_well(bakery: ModuleType) -> None:
    for _ in range(3):
        with pytest.raises(ZeroDivisionError) as caught:
            bakery.weigh(7, 0)
        sentry_sdk.capture_exception(caught.value)
    flush()
    assert Group.objects.get().count == 3


def test_an_exception_that_cannot_tell_its_message_is_counted() -> None:
    class Mute(Exception):
        def __str__(self) -> str:
            raise RuntimeError("no")

    capture(Mute())
    kept()
    assert Group.objects.get().message == "<its message cannot be written>"


def test_a_request_of_no_route_is_told_by_its_path(bakery: ModuleType) -> None:
    request = WSGIRequest({"REQUEST_METHOD": "GET", "PATH_INFO": "/nowhere/", "wsgi.input": io.BytesIO()})
    capture(ValueError("x"), request=request)
    assert kept()["transaction"] == "/nowhere/"
