"""One who asks: a kept connection to a server, whose answers are unpacked."""

import gzip
import http.client
import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode


@dataclass
class Asker:
    """Asks a port of this machine, one request after the other."""

    port: int
    connection: http.client.HTTPConnection = field(init=False)
    coding: str = field(default="", init=False)  # of the last answer
    weight: int = field(default=0, init=False)  # bytes of the last answer's body, as it was sent

    def __post_init__(self) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)

    def get(self, path: str, coding: str = "gzip") -> bytes:
        """The body of a page.

        Raises:
            RuntimeError: it was not answered with 200.
        """
        return self._ask("GET", path, None, {"Accept-Encoding": coding})

    def post(self, path: str, form: dict[str, str], **headers: str) -> Any:
        """What a form is answered with, as JSON."""
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return json.loads(self._ask("POST", path, urlencode(form), {**kind, **headers}))

    def post_json(self, path: str, body: Any) -> Any:
        said = self._ask("POST", path, json.dumps(body), {"Content-Type": "application/json"})
        return json.loads(said or b"null")

    def _ask(self, method: str, path: str, body: str | None, headers: dict[str, str]) -> bytes:
        try:
            self.connection.request(method, path, body, headers)
            answer = self.connection.getresponse()
        except ConnectionError:
            if method != "GET":
                raise
            self.connection.close()  # a kept connection that the server has given up: once more over another
            self.connection.request(method, path, body, headers)
            answer = self.connection.getresponse()
        said = answer.read()
        if answer.status not in (200, 201):
            raise RuntimeError(f"{path}: {answer.status} {said[:300]!r}")
        self.coding, self.weight = answer.headers.get("Content-Encoding", ""), len(said)
        return gzip.decompress(said) if self.coding == "gzip" else said
