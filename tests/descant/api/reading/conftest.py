"""A program of Ann's, who owns the forum, and a page that shows the public key alone."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from descant.forums.keys.issuing import IssuedKey, issue_key
from tests.descant.conftest import Cast

Ask = Callable[..., dict[str, Any]]


@pytest.fixture
def keys(cast: Cast) -> IssuedKey:
    return issue_key(forum=cast.gazette)


@pytest.fixture
def ask(client: Client, keys: IssuedKey) -> Ask:
    """As the owner, who is told most: ``ask("posts/list", order="asc")``."""
    return _asking(client, access_token=keys.access_token)


@pytest.fixture
def guest(client: Client, keys: IssuedKey) -> Ask:
    return _asking(client, api_key=keys.public_key)


def _asking(client: Client, **key: str) -> Ask:
    def ask(name: str, /, **asked: Any) -> dict[str, Any]:
        said = {each.replace("_ident", ":ident"): value for each, value in asked.items()}
        told: dict[str, Any] = client.get(f"/api/3.0/{name}.json", {**key, **said}).json()
        return told

    return ask
