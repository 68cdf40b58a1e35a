"""The doors of the community's tests: who is signed in where."""

from collections.abc import Callable

import pytest
from django.test import Client

from descant.discussion.authors import Author

SignedIn = Callable[[Author], Client]


@pytest.fixture
def signed_in(db: None) -> SignedIn:
    """A browser in which somebody has a session on our own origin."""

    def browser(person: Author) -> Client:
        client = Client()
        assert person.user is not None
        client.force_login(person.user)
        return client

    return browser
