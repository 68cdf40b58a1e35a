"""Whatever is sent to the endpoints, as their OpenAPI document invites it, none of them breaks."""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from descant.api import urls
from descant.api.declaring import ENDPOINTS, Endpoint
from descant.api.reference.openapi import document
from descant.discussion.models import Comment
from descant.forums.keys.issuing import IssuedKey, issue_key
from descant.forums.noting import Noted
from tests.descant.conftest import Cast

assert urls.DECLARED_IN, "all endpoints are declared by now"

EXAMPLES = 12  # of each endpoint: a second or two of all
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


@pytest.fixture
def keys(cast: Cast, settings: Any, say: Any) -> dict[str, str]:
    """With something to read, and nothing that is too fast."""
    settings.DESCANT_COMMENTS_PER_MINUTE = settings.DESCANT_VOTES_PER_MINUTE = 0
    say("Rye.")
    issued: IssuedKey = issue_key(forum=cast.gazette, noted=Noted(cast.ann.user))
    return {
        "api_key": issued.public_key,
        "api_secret": issued.secret_key,
        "access_token": issued.access_token,
    }


@pytest.fixture
def app() -> Iterator[Any]:
    """The site as it is served; a test's databases are not closed after each request."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield get_wsgi_application()
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def rows(cast: Cast, keys: dict[str, str]) -> dict[str, str]:
    """What is there, by the names of the arguments that name it."""
    rye = Comment.objects.of(cast.gazette).get()
    found = {
        "post": str(rye.pk),
        "thread": str(rye.thread_id),
        "user": str(rye.author_id),
        "forum": "gazette",
    }
    return {**found, "parent": found["post"], "category": str(cast.gazette.pk)}


@pytest.mark.parametrize("endpoint", ENDPOINTS.values(), ids=lambda endpoint: endpoint.name)
def test_no_request_breaks_an_endpoint(endpoint: Endpoint, keys: dict[str, str], app: Any) -> None:
    send_what_the_document_invites(app, endpoint, {endpoint.keys[0]: keys[endpoint.keys[0]]}, {})


@pytest.mark.parametrize("endpoint", ENDPOINTS.values(), ids=lambda endpoint: endpoint.name)
def test_nor_does_one_of_an_owner_about_what_is_there(
    endpoint: Endpoint, keys: dict[str, str], rows: dict[str, str], app: Any
) -> None:
    shown = {endpoint.keys[-1]: keys[endpoint.keys[-1]]}
    send_what_the_document_invites(app, endpoint, shown, rows)


def send_what_the_document_invites(
    app: Any, endpoint: Endpoint, shown: dict[str, str], rows: dict[str, str]
) -> None:
    schema = schemathesis.openapi.from_dict(document())
    schema.app = app
    operation = schema[f"/{endpoint.path}"][endpoint.method]

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def ask(case: Any) -> None:
        for arguments in (case.query, case.body):
            if isinstance(arguments, dict):
                arguments |= {name: rows[name] for name in arguments.keys() & rows.keys()}
        case.query = {**(case.query or {}), **shown}
        case.call_and_validate(checks=CHECKS)

    ask()
