"""Webhooks by a real worker to a real server: killed when the server has taken a message, one message comes twice.

It comes twice under the same id, by which the receiver knows it; and nothing else does. A mail server that takes a
connection and says nothing keeps one thread of the worker; webhooks go out, and are tried again.
"""

import contextlib
import signal
import socketserver
import subprocess
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.stories.serving import descant, environment_of_a_site
from tests.stories.test_mail import PEOPLE_SPEAK as PEOPLE_REPLY
from tests.stories.test_mail import REPLIES, wait_until, working

COMMENTS = 5
PEOPLE_SPEAK = f"""
from descant.discussion.addressing.addresses import PageAddress
from descant.discussion.authors import Author
from descant.discussion.posting import Draft, post_comment
from descant.forums.directory import forum_named
from descant.forums.webhooks.targets import Wish, add_target
forum = forum_named("gazette")
add_target(forum=forum, wish=Wish("http://PLACE/told"))
page = PageAddress(identifier="bread", url="https://gazette.example/bread", title="Bread")
gus = Author(guest="g" * 32, name="Gus", address="192.0.2.1")
for number in range({COMMENTS}):
    post_comment(forum=forum, thread=page, author=gus, draft=Draft(text=f"Rye {{number}}."))
"""
TIME_PASSES = """
from django.utils import timezone
from django_headroom.delayed.models import Event
Event.objects.using("default").update(leased_until=timezone.now())
"""
TAKEN = """
from descant.followups.models import Delivery
print(Delivery.objects.filter(state="taken").count())
"""
PATIENT = "EMAIL_TIMEOUT = 600\n"  # whatever hangs, hangs until the end of the test
ADD_TARGET = """
from descant.forums.directory import forum_named
from descant.forums.webhooks.targets import Wish, add_target
add_target(forum=forum_named("gazette"), wish=Wish("http://PLACE/told"))
"""
OF_ALL = """
from descant.followups.models import Delivery
print(Delivery.objects.filter(state="taken").count(), Delivery.objects.filter(state="taken", tries__gt=1).count())
"""


class Receiver(ThreadingHTTPServer):
    """Keeps the ids of what it is told; ``taken`` is called when it has a message, before it says so."""

    daemon_threads = True

    def __init__(self, taken: Callable[[int], None]) -> None:
        super().__init__(("127.0.0.1", 0), Answering)
        self.ids: list[str] = []
        self.taken = taken


class Answering(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.server.ids.append(self.headers["webhook-id"])
        self.server.taken(len(self.server.ids))
        with contextlib.suppress(OSError):
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

    def log_message(self, *_words: object) -> None:
        pass


class Silent(socketserver.ThreadingTCPServer):
    """A mail server that hangs."""

    allow_reuse_address = daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Waiting)
        self.calls = 0


class Waiting(socketserver.StreamRequestHandler):
    server: Silent

    def handle(self) -> None:
        self.server.calls += 1
        with contextlib.suppress(OSError):
            self.rfile.read()


class StumblingOnce(Answering):
    """Takes everything but the first."""

    def do_POST(self) -> None:
        if self.server.ids:
            super().do_POST()
            return
        self.server.ids.append("refused")
        self.send_error(503)


def test_a_kill_after_it_was_taken_repeats_one_message_id(tmp_path: Path) -> None:
    workers: list[subprocess.Popen[bytes]] = []

    def kill_at_the_second(number: int) -> None:
        if number == 2:
            workers[0].send_signal(signal.SIGKILL)
            workers[0].wait()

    with receiving(kill_at_the_second) as receiver:
        place = f"127.0.0.1:{receiver.server_port}"
        environment = environment_of_a_site(tmp_path, "webhooks") | {"DESCANT_EGRESS_ALLOWED": place}
        descant("upgrade", environment=environment)
        descant("forum", "open", "gazette", "--domain", "gazette.example", environment=environment)
        shell(PEOPLE_SPEAK.replace("PLACE", place), environment)
        with working(environment, tmp_path) as first:
            workers.append(first)
            wait_until(lambda: first.poll() is not None)
        assert len(receiver.ids) == 2
        shell(TIME_PASSES, environment)
        with working(environment, tmp_path):
            wait_until(lambda: shell(TAKEN, environment).strip() == str(COMMENTS))
        seen = Counter(receiver.ids)
        assert sorted(seen.values()) == [1] * (COMMENTS - 1) + [2]
        assert seen[receiver.ids[1]] == 2, "the one whose taking was not noted"


def test_a_mail_server_that_hangs_keeps_no_webhook_waiting(tmp_path: Path) -> None:
    with hanging() as mail_server, receiving(lambda number: None) as receiver:
        receiver.RequestHandlerClass = StumblingOnce
        place = f"127.0.0.1:{receiver.server_port}"
        environment = environment_of_a_site(tmp_path, "hanging") | {
            "DESCANT_EGRESS_ALLOWED": place,
            "DESCANT_MAIL_HOST": "127.0.0.1",
            "DESCANT_MAIL_PORT": str(mail_server.server_address[1]),
        }
        descant("upgrade", environment=environment)
        (Path(environment["DESCANT_DATA"]) / "settings.py").write_text(PATIENT)
        descant("forum", "open", "gazette", "--domain", "gazette.example", environment=environment)
        shell(ADD_TARGET.replace("PLACE", place), environment)
        shell(PEOPLE_REPLY, environment)
        with working(environment, tmp_path):
            wait_until(lambda: mail_server.calls)
            wait_until(lambda: shell(OF_ALL, environment).split()[0] == str(REPLIES + 1))
            assert int(shell(OF_ALL, environment).split()[1]) >= 1, "in the lane of the letters"
            assert mail_server.calls == 1, "all other letters wait for the first"


def shell(program: str, environment: Mapping[str, str]) -> str:
    return descant("manage", "shell", "-v", "0", "-c", program, environment=environment)


@contextlib.contextmanager
def receiving(taken: Callable[[int], None]) -> Iterator[Receiver]:
    with Receiver(taken) as receiver:
        thread = threading.Thread(target=receiver.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield receiver
        finally:
            receiver.shutdown()
            thread.join()


@contextlib.contextmanager
def hanging() -> Iterator[Silent]:
    with Silent() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
