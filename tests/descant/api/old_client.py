"""A client that sends what the old ``disqus-python`` sends, and reads answers as it does."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.test import Client


class APIError(Exception):
    def __init__(self, code: int, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code


@dataclass(frozen=True)
class OldClient:
    """Its secret goes along with each request, among the arguments; lists become repeated keys."""

    client: Client
    secret: str

    def get(self, resource: str, **asked: Any) -> Any:
        answer = self.client.get(f"{self._path(resource)}?{self._written(asked)}", headers=self._headers())
        return self._read(answer)["response"]

    def post(self, resource: str, **asked: Any) -> Any:
        form = "application/x-www-form-urlencoded"
        answer = self.client.post(
            self._path(resource), self._written(asked), content_type=form, headers=self._headers()
        )
        return self._read(answer)["response"]

    def paginate(self, resource: str, **asked: Any) -> Iterator[Any]:
        """As its Paginator: as long as ``cursor.more`` is true, from ``cursor.next``."""
        while True:
            address = f"{self._path(resource)}?{self._written(asked)}"
            told = self._read(self.client.get(address, headers=self._headers()))
            yield from told["response"]
            if not told["cursor"]["more"]:
                return
            asked["cursor"] = told["cursor"]["next"]

    def _path(self, resource: str) -> str:
        return f"/api/3.0/{resource}.json"

    def _written(self, asked: dict[str, Any]) -> str:
        pairs = [("api_secret", self.secret)]
        for name, value in asked.items():
            pairs += [(name, str(each)) for each in (value if isinstance(value, list | tuple) else [value])]
        return urlencode(pairs)

    def _headers(self) -> dict[str, str]:
        """With its signature of the request, which nobody needs who has the secret."""
        signed = 'MAC id="key", nonce="1764144000:abc", body-hash="x", mac="y"'
        return {"User-Agent": "disqus-python/0.5", "Authorization": signed}

    def _read(self, answer: Any) -> Any:
        told = json.loads(answer.content)
        if answer.status_code != 200:
            raise APIError(told["code"], told["response"])
        return told
