"""People with confirmed addresses, and a worker that does what is due."""

from collections.abc import Callable

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.core.mail import EmailMessage

from descant.accounts.models import Profile, User
from descant.discussion.authors import Author
from django_headroom.delayed.worker import drain
from tests.descant.conftest import ALL_DATABASES, Cast

Worked = Callable[[], list[EmailMessage]]


@pytest.fixture
def people(cast: Cast) -> Cast:
    """The cast, whose addresses are confirmed."""
    for person in (cast.ann, cast.bo, cast.cy, cast.dee):
        user = account(person)
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return cast


@pytest.fixture
def work(db: None) -> Worked:
    """Do all that is due, as the worker does; what has been mailed by it."""

    def worked() -> list[EmailMessage]:
        before = len(mail.outbox)
        for _round in range(3):
            for alias in ALL_DATABASES[::-1]:
                drain(alias)
        return mail.outbox[before:]

    return worked


def account(person: Author) -> User:
    assert person.user is not None
    return person.user


def show(person: Author, name: str) -> Profile:
    """Let a person be found under a name, everywhere."""
    return Profile.objects.create(user=account(person), name=name, scope=Profile.Scope.EVERYWHERE)
