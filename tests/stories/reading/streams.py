"""A reader with an event stream, as a browser reads one."""

import contextlib
import http.client
import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import urlencode

from tests.stories.reading.sites import PAGE, Site, get

PATIENCE = 60.0  # seconds that a machine may take which is busy with other things


class Event(NamedTuple):
    name: str
    id: str
    told: Any

    @property
    def texts(self) -> list[str]:
        """What new or changed comments say."""
        return [
            text.strip() for each in self.told["lines"] for text in re.findall(r"<p>(.*?)</p>", each["html"])
        ]


class Stream:
    """One open stream; ``id`` is that of the last event."""

    def __init__(self, port: int, query: dict[str, Any], last: str = "") -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        said = {"Accept": "text/event-stream", **({"Last-Event-ID": last} if last else {})}
        self._connection.request("GET", f"/embed/live/?{urlencode(query)}", headers=said)
        self.near = self._connection.sock.getsockname()[1]
        self.answer = self._connection.getresponse()
        self.id = last

    def close(self) -> None:
        self._connection.close()
        self.answer.close()

    def next(self, name: str = "change") -> Event:
        """The next event of this name."""
        return next(event for event in self if event.name == name)

    def __iter__(self) -> Iterator[Event]:
        """Until it ends."""
        fields: dict[str, str] = {}
        with contextlib.suppress(http.client.IncompleteRead, ConnectionError):
            for line in self.answer:
                written = line.decode().rstrip("\n")
                if written:
                    field, _, value = written.partition(":")
                    fields[field] = value.removeprefix(" ")
                    self.id = fields.get("id", self.id)
                    continue
                if "data" in fields:
                    yield Event(
                        fields.get("event", "message"), fields.get("id", ""), json.loads(fields["data"])
                    )
                fields = {}


def asked(site: Site, thread: str) -> dict[str, str]:
    """What a frame asks for that has a page of this thread before it."""
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=PATIENCE)
    with contextlib.closing(connection):
        found = get(connection, f"{PAGE}{thread}").whole.decode()
    told = dict(re.findall(r'data-(thread|clock)="([^"]*)"', found))
    return {"f": "gazette", "t_i": thread, "thread": told["thread"], "since": told["clock"]}


@contextlib.contextmanager
def watching(site: Site, thread: str, **more: Any) -> Iterator[Stream]:
    stream = Stream(site.port, {**asked(site, thread), **more})
    with contextlib.closing(stream):
        assert stream.answer.status == 200
        yield stream
