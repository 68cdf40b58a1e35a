"""Asking a route for rows: a request with places for their names, and its answer to whoever asks."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from django.http import HttpResponseBase
from django.test import Client

from descant.accounts.tokens import issue_token
from descant.discussion.authors import Author
from descant.forums.models import Forum


@dataclass(frozen=True)
class Ask:
    """A request with places for names of rows, such as ``{comment}``, in its path, query or body."""

    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None
    form: Mapping[str, str] | None = None

    def filled(self, names: Mapping[str, str]) -> "Ask":
        return Ask(*(_filled(part, names) for part in (self.path, self.query, self.body, self.form)))


def _filled(part: Any, names: Mapping[str, str]) -> Any:
    match part:
        case str():
            for name, value in names.items():
                part = part.replace(f"{{{name}}}", value)
            return part
        case Mapping():
            return {key: _filled(value, names) for key, value in part.items()}
        case list():
            return [_filled(each, names) for each in part]
    return part


def answer_to(ask: Ask, forum: Forum, who: Author) -> HttpResponseBase:
    client = Client(HTTP_ORIGIN="http://testserver")
    if ask.body is None and who.user is not None:
        client.force_login(who.user)
    if ask.form is not None:
        return client.post(ask.path, ask.form)
    if ask.body is None:
        return client.get(ask.path, ask.query)
    bearer = {}
    if who.voter:
        bearer["HTTP_AUTHORIZATION"] = (
            f"Bearer {issue_token(forum_id=forum.pk, user=who.user, guest=who.guest)}"
        )
    return client.post(ask.path, orjson.dumps(ask.body), content_type="application/json", **bearer)


def text_of(response: Any) -> str:
    return b"".join(response).decode() if response.streaming else response.content.decode()
