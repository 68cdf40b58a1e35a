"""A mail server that refuses a recipient: for good, or for now."""

import socketserver
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from smtplib import SMTPRecipientsRefused
from typing import Any

import pytest
from django.utils import timezone

from descant.discussion.models import Comment
from descant.followups.mail.sending import send_letter
from descant.followups.models import Letter
from django_headroom.delayed.worker import drain
from tests.descant.conftest import Cast

Say = Callable[..., Comment]


class Refusing(socketserver.StreamRequestHandler):
    """SMTP (RFC 5321), as much as it takes to be refused."""

    def handle(self) -> None:
        self.wfile.write(b"220 refusing\r\n")
        while line := self.rfile.readline():
            is_recipient = line.upper().startswith(b"RCPT")
            words = self.server.words if is_recipient else "250 go on"  # type: ignore[attr-defined]
            self.wfile.write(f"{words}\r\n".encode())


@pytest.fixture
def refuse(settings: Any) -> Iterator[Callable[[str], None]]:
    """Have mail go to a server that says this of every recipient."""
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Refusing)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = server.server_address
    settings.EMAIL_USE_TLS = False
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""

    def refused(words: str) -> None:
        server.words = words  # type: ignore[attr-defined]

    yield refused
    server.shutdown()
    thread.join()
    server.server_close()


def test_who_is_refused_for_good_is_not_asked_again(
    people: Cast, say: Say, refuse: Callable[[str], None]
) -> None:
    refuse("550 nobody of this name")
    letter = letter_about(people, say)
    send_letter({"letter_id": str(letter.pk)}, event_id="first")
    letter.refresh_from_db()
    assert letter.dropped_for == "refused"


def test_who_is_refused_for_now_is_tried_again(people: Cast, say: Say, refuse: Callable[[str], None]) -> None:
    refuse("450 come back in five minutes")
    letter = letter_about(people, say)
    for event_id in ("first", "again"):
        with pytest.raises(SMTPRecipientsRefused):
            send_letter({"letter_id": str(letter.pk)}, event_id=event_id)
        Letter.objects.update(claimed_until=timezone.now() - timedelta(seconds=1))
    letter.refresh_from_db()
    assert (letter.dropped_for, letter.sent_at) == ("", None)


def letter_about(people: Cast, say: Say) -> Letter:
    say("Rye.", by=people.cy, to=say("Rye?", by=people.ann))
    drain("p1")
    return Letter.objects.get()
