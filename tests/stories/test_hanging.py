"""A mail server that takes a connection and says nothing keeps one thread; webhooks go out, and are tried again."""

import contextlib
import socketserver
import threading
from collections.abc import Iterator
from pathlib import Path

from tests.stories.serving import descant, environment_of_a_site
from tests.stories.test_mail import PEOPLE_SPEAK, REPLIES, wait_until, working
from tests.stories.test_webhooks import Answering, receiving, shell

PATIENT = "EMAIL_TIMEOUT = 600\n"  # whatever hangs, hangs until the end of the test
ADD_TARGET = """
from descant.forums.directory import forum_named
from descant.forums.webhooks.targets import Wish, add_target
add_target(forum=forum_named("gazette"), wish=Wish("http://PLACE/told"))
"""
TAKEN = """
from descant.followups.models import Delivery
print(Delivery.objects.filter(state="taken").count(), Delivery.objects.filter(state="taken", tries__gt=1).count())
"""


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
        shell(PEOPLE_SPEAK, environment)
        with working(environment, tmp_path):
            wait_until(lambda: mail_server.calls)
            wait_until(lambda: shell(TAKEN, environment).split()[0] == str(REPLIES + 1))
            assert int(shell(TAKEN, environment).split()[1]) >= 1, "in the lane of the letters"
            assert mail_server.calls == 1, "all other letters wait for the first"


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
