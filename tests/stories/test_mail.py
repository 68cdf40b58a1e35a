"""Mail by a real worker to a real server: killed between the server's "yes" and our note of it, one mail comes twice.

It comes twice with the same Message-ID, by which mail programs know it; and nothing else does.
"""

import contextlib
import os
import signal
import socketserver
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from email import message_from_bytes
from email.message import Message
from pathlib import Path
from typing import Any

from tests.stories.serving import descant, environment_of_a_site

REPLIES = 5
AT_ONCE = 2  # letters that a worker sends, by its threads
PEOPLE_SPEAK = f"""
from allauth.account.models import EmailAddress
from descant.accounts.models import User
from descant.discussion.addressing.addresses import PageAddress
from descant.discussion.authors import Author
from descant.discussion.posting import Draft, post_comment
from descant.forums.directory import forum_named
forum = forum_named("gazette")
page = PageAddress(identifier="bread", url="https://gazette.example/bread", title="Bread")
ann = User.objects.create_user(username="ann", email="ann@mail.example", name="Ann")
EmailAddress.objects.create(user=ann, email=ann.email, verified=True, primary=True)
asked = post_comment(forum=forum, thread=page, author=Author(user=ann, role="owner"), draft=Draft(text="Rye?"))
for number in range({REPLIES}):
    gus = Author(guest="g" * 32, name="Gus", address="192.0.2.1")
    post_comment(forum=forum, thread=page, author=gus, draft=Draft(text=f"Rye {{number}}.", parent_id=asked.pk))
"""
TIME_PASSES = """
from django.utils import timezone
from descant.followups.models import Letter
from django_headroom.delayed.models import Event
Letter.objects.filter(claimed_until__isnull=False).update(claimed_until=timezone.now())
Event.objects.using("default").update(leased_until=timezone.now(), due_at=timezone.now())
"""


class Sink(socketserver.ThreadingTCPServer):
    """A mail server that keeps what it is given; ``taken`` is called when it has a mail, before it says so."""

    allow_reuse_address = daemon_threads = True

    def __init__(self, taken: Callable[[int], None]) -> None:
        super().__init__(("127.0.0.1", 0), Conversation)
        self.mails: list[Message] = []
        self.taken = taken


class Conversation(socketserver.StreamRequestHandler):
    """SMTP (RFC 5321), as much as a client needs that sends mail."""

    server: Sink

    def handle(self) -> None:
        self._say("220 sink")
        while line := self.rfile.readline():
            verb = line[:4].upper()
            if verb == b"DATA":
                self._say("354 go on")
                self._take()
            self._say("221 bye" if verb == b"QUIT" else "250 sink")
            if verb == b"QUIT":
                return

    def _take(self) -> None:
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line.removeprefix(b"."))
        self.server.mails.append(message_from_bytes(b"".join(lines)))
        self.server.taken(len(self.server.mails))

    def _say(self, words: str) -> None:
        with contextlib.suppress(OSError):
            self.wfile.write(f"{words}\r\n".encode())


def test_a_kill_after_the_servers_yes_repeats_one_message_id(tmp_path: Path) -> None:
    workers: list[subprocess.Popen[bytes]] = []

    def kill_at_the_second(number: int) -> None:
        if number == 2:
            workers[0].send_signal(signal.SIGKILL)
            workers[0].wait()

    with Sink(kill_at_the_second) as sink, listening(sink):
        environment = environment_of_a_site(tmp_path, "mail")
        environment |= {"DESCANT_MAIL_HOST": "127.0.0.1", "DESCANT_MAIL_PORT": str(sink.server_address[1])}
        descant("upgrade", environment=environment)
        descant("forum", "open", "gazette", "--domain", "gazette.example", environment=environment)
        descant("manage", "shell", "-v", "0", "-c", PEOPLE_SPEAK, environment=environment)
        with working(environment, tmp_path) as first:
            workers.append(first)
            wait_until(lambda: first.poll() is not None)
        noted = letters_sent(environment)
        descant("manage", "shell", "-v", "0", "-c", TIME_PASSES, environment=environment)
        with working(environment, tmp_path):
            wait_until(lambda: len({mail["Message-ID"] for mail in sink.mails}) == REPLIES)
            wait_until(lambda: letters_left(environment) == 0)
        seen = Counter(mail["Message-ID"] for mail in sink.mails)
        repeated = {letter for letter, times in seen.items() if times > 1}
        assert sink.mails[1]["Message-ID"] in repeated, "its taking was not noted"
        assert not repeated & noted
        assert len(repeated) <= AT_ONCE
        assert max(seen.values()) == 2
        assert {mail["To"] for mail in sink.mails} == {"ann@mail.example"}


def letters_sent(environment: Mapping[str, str]) -> set[str]:
    """The Message-IDs of those of which it is noted."""
    program = (
        "from descant.followups.mail.composing import message_id; from descant.followups.models import Letter\n"
        "for letter in Letter.objects.exclude(sent_at=None): print(message_id(letter.pk))"
    )
    return set(descant("manage", "shell", "-v", "0", "-c", program, environment=environment).split())


def letters_left(environment: Mapping[str, str]) -> int:
    program = (
        "from descant.followups.models import Letter; print(Letter.objects.filter(sent_at=None).count())"
    )
    return int(descant("manage", "shell", "-v", "0", "-c", program, environment=environment))


@contextlib.contextmanager
def listening(sink: Sink) -> Iterator[None]:
    thread = threading.Thread(target=sink.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield
    finally:
        sink.shutdown()
        thread.join()


@contextlib.contextmanager
def working(environment: Mapping[str, str], folder: Path) -> Iterator["subprocess.Popen[bytes]"]:
    with open(folder / "worker.log", "ab") as log:
        command = [sys.executable, "-m", "descant", "worker"]
        process = subprocess.Popen(  # gives way with its whole session, which shall not be that of the tests
            command, env=dict(environment), stdout=log, stderr=log, start_new_session=True
        )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGKILL)
        process.wait(timeout=30)


def wait_until(is_so: Callable[[], Any]) -> None:
    until = time.monotonic() + 120
    while not is_so():
        assert time.monotonic() < until
        time.sleep(0.1)
