"""A program as `disqus-python` is one: form bodies, repeated keys, `api_secret`, `thread:ident`, `.json` paths."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client

from descant.discussion.authors import Author
from descant.forums.keys.issuing import issue_key
from descant.forums.models import Forum
from descant.forums.noting import Noted
from tests.descant.conftest import Cast

FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Told:
    """What came back."""

    status: int
    code: int
    response: Any
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Program:
    """One that shows a secret, and the access token of somebody."""

    secret: str
    token: str
    public: str

    def ask(self, name: str, /, *, by: str = "POST", headers: Any = None, **asked: Any) -> Told:
        """``program.ask("posts/remove", post=[1, 2])``; ``thread_ident`` is sent as ``thread:ident``."""
        shown = {"api_secret": self.secret, "access_token": self.token}
        said = {
            key.replace("_ident", ":ident").replace("_link", ":link"): value for key, value in asked.items()
        }
        sent = urlencode({key: value for key, value in {**shown, **said}.items() if value}, doseq=True)
        address, client = f"/api/3.0/{name}.json", Client(enforce_csrf_checks=True)
        if by == "GET":
            answer = client.get(f"{address}?{sent}", headers=headers)
        else:
            answer = client.post(address, sent, content_type=FORM, headers=headers)
        told = json.loads(answer.content)
        return Told(answer.status_code, told["code"], told["response"], answer.headers)


@pytest.fixture
def program_of(db: None) -> Callable[[Author, Forum], Program]:
    """A program whose token acts as somebody."""

    def made(person: Author, forum: Forum) -> Program:
        issued = issue_key(forum=forum, noted=Noted(person.user))
        return Program(issued.secret_key, issued.access_token, issued.public_key)

    return made


@pytest.fixture
def anns(cast: Cast, program_of: Callable[[Author, Forum], Program]) -> Program:
    return program_of(cast.ann, cast.gazette)


@pytest.fixture
def bos(cast: Cast, program_of: Callable[[Author, Forum], Program]) -> Program:
    return program_of(cast.bo, cast.gazette)
