"""Nothing slow or remote happens while a transaction is open: an error in tests, a report in production."""

import contextlib
import http.server
import logging
import re
import smtplib
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from urllib.request import urlopen

import pytest
from django.db import transaction
from django.template.backends.django import DjangoTemplates
from django.test import override_settings

from django_headroom.transactions import (
    TransactionHeld,
    guarding,
    held_lines,
    on_first_write,
    outside_transaction,
    writing,
)
from django_headroom.transactions.guarding import refuse_holding, report_holding
from tests.headroom.market.shops.models import Shop
from tests.headroom.market.threads import DATABASES
from tests.headroom.settings import HEADROOM


@pytest.fixture
def address() -> Iterator[tuple[str, int]]:
    """A real server on this machine that answers anything with 200."""

    class Answer(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield "127.0.0.1", server.server_port
        server.shutdown()


def ask(address: tuple[str, int]) -> None:
    urlopen(f"http://{address[0]}:{address[1]}/", timeout=5).close()


def connect(address: tuple[str, int]) -> None:
    socket.create_connection(address, timeout=5).close()


def mail(address: tuple[str, int]) -> None:
    smtplib.SMTP(*address, timeout=0.2)


def sleep(_: object) -> None:
    time.sleep(0.001)


def draw(_: object) -> None:
    DjangoTemplates({"NAME": "t", "DIRS": [], "APP_DIRS": False, "OPTIONS": {}}).from_string(
        "{{ 1 }}"
    ).render()


SLOW: list[Callable[[tuple[str, int]], None]] = [ask, connect, mail, sleep, draw]


@pytest.mark.django_db(databases=DATABASES, transaction=True)
@pytest.mark.parametrize("act", SLOW)
@override_settings(HEADROOM={**HEADROOM, "HELD_TEMPLATE_SECONDS": 0.0})
def test_what_is_slow_or_remote_is_refused_inside_with_its_line(
    act: Callable[[tuple[str, int]], None], address: tuple[str, int]
) -> None:
    with refuse_holding():
        for opened in (writing("p1"), transaction.atomic(using="p1")):
            with (
                pytest.raises(TransactionHeld, match=r"inside a transaction on 'p1' \(.*test_held.py:\d+\)"),
                opened,
            ):
                act(address)


@pytest.mark.django_db(databases=DATABASES, transaction=True)
@pytest.mark.parametrize("act", SLOW)
@override_settings(HEADROOM={**HEADROOM, "HELD_TEMPLATE_SECONDS": 0.0})
def test_the_same_is_free_outside_and_where_no_guard_stands(
    act: Callable[[tuple[str, int]], None], address: tuple[str, int]
) -> None:
    with refuse_holding(), contextlib.suppress(smtplib.SMTPServerDisconnected, smtplib.SMTPConnectError):
        act(address)
    with writing("p1"), contextlib.suppress(smtplib.SMTPServerDisconnected, smtplib.SMTPConnectError):
        act(address)


@pytest.mark.django_db(databases=DATABASES)
def test_the_transaction_around_a_test_is_none(address: tuple[str, int]) -> None:
    with refuse_holding():
        connect(address)
        with writing("p1"), pytest.raises(TransactionHeld):
            connect(address)


@pytest.mark.django_db(databases=DATABASES, transaction=True)
def test_a_template_that_is_fast_enough_may_be_drawn(db: None) -> None:
    with (
        override_settings(HEADROOM={**HEADROOM, "HELD_TEMPLATE_SECONDS": 60.0}),
        refuse_holding(),
        writing("p1"),
    ):
        draw(None)


@pytest.mark.django_db(databases=DATABASES, transaction=True)
def test_a_request_that_has_only_read_holds_nothing(address: tuple[str, int]) -> None:
    with refuse_holding(), on_first_write("default"):
        assert not Shop.objects.exists()
        connect(address)
        Shop.objects.create(name="rye")
        with pytest.raises(TransactionHeld, match="on 'default'"):
            connect(address)


@pytest.mark.django_db(databases=DATABASES, transaction=True)
def test_slow_functions_can_refuse_by_themselves(db: None) -> None:
    @outside_transaction("Sending mail")
    def send() -> str:
        with writing("p1"):  # one of its own is no matter
            return "sent"

    assert send() == "sent"
    with (
        writing("p2"),
        pytest.raises(TransactionHeld, match=r"^Sending mail inside a transaction on 'p2' .*do it be"),
    ):
        send()
    with outside_transaction():
        assert send() == "sent"


@pytest.mark.django_db(databases=DATABASES, transaction=True)
@pytest.mark.parametrize("act", [ask, connect])
def test_in_production_it_is_reported_with_its_line_and_goes_on(
    act: Callable[[tuple[str, int]], None], address: tuple[str, int], caplog: pytest.LogCaptureFixture
) -> None:
    before = dict(held_lines)
    with reporting():
        act(address)
        assert not caplog.records, "outside it is nobody's business"
        with writing("p1"):
            act(address)
    with writing("p1"):
        act(address)
    told = {record.getMessage() for record in caplog.records}
    assert any(
        re.match(r"socket\.connect inside a transaction on 'p1' \(.*test_held.py:\d+\)", each)
        for each in told
    )
    [(line, count)] = (held_lines - Counter(before)).items()
    assert "test_held.py:" in line
    assert count == len(caplog.records)


@pytest.mark.django_db(databases=DATABASES, transaction=True)
def test_a_log_that_goes_over_the_network_does_not_report_itself(address: tuple[str, int]) -> None:
    sent: list[str] = []

    class Far(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            connect(address)
            sent.append(record.getMessage())

    logger = logging.getLogger("django_headroom.transactions.held")
    logger.addHandler(far := Far())
    try:
        with reporting(), writing("p1"):
            connect(address)
    finally:
        logger.removeHandler(far)
    assert 1 <= len(sent) <= 2  # looking the name up, connecting


@contextlib.contextmanager
def reporting() -> Iterator[None]:
    before = list(guarding._guards)
    guarding._guards.clear()
    report_holding()
    report_holding()
    try:
        yield
    finally:
        guarding._guards[:] = before


@pytest.mark.django_db(databases=DATABASES, transaction=True)
@pytest.mark.parametrize("seconds", [0.0, 60.0])
def test_one_that_was_held_long_is_reported_when_it_ends(
    seconds: float, caplog: pytest.LogCaptureFixture
) -> None:
    before = held_lines.total()
    caplog.set_level(logging.WARNING)
    with override_settings(HEADROOM={**HEADROOM, "HELD_SECONDS": seconds}):
        with writing("p1"), writing("p1"):
            pass
        with on_first_write("default"):
            Shop.objects.create(name="rye")
    if seconds:
        assert (held_lines.total(), caplog.text) == (before, "")
    else:
        assert held_lines.total() == before + 2
        assert "A transaction on 'p1' was held for" in caplog.text
        assert "test_held.py:" in caplog.text
