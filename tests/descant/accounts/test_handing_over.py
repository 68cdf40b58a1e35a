"""Handing an account over from the pop-up to a frame."""

import hashlib
import threading
from datetime import timedelta

import pytest
from django.db import connections
from django.utils import timezone

from descant.accounts.handing_over import BadChallenge, GrantedAlready, collect, grant
from descant.accounts.models import HandOff, User
from django_headroom.testing import query_budget
from tests.descant.conftest import Cast

SECRET = "5e" * 32
CHALLENGE = hashlib.sha256(SECRET.encode()).hexdigest()


@pytest.fixture
def cy(cast: Cast) -> User:
    assert cast.cy.user is not None
    return cast.cy.user


def test_what_was_granted_is_collected_once(cast: Cast, cy: User) -> None:
    grant(user=cy, forum_id=cast.gazette.pk, challenge=CHALLENGE)
    with query_budget(3):
        assert collect(forum_id=cast.gazette.pk, secret=SECRET) == cy
    assert collect(forum_id=cast.gazette.pk, secret=SECRET) is None


def test_asking_in_vain_costs_one_query(cast: Cast) -> None:
    with query_budget(1):
        assert collect(forum_id=cast.gazette.pk, secret=SECRET) is None


def test_another_secret_or_the_challenge_itself_collects_nothing(cast: Cast, cy: User) -> None:
    grant(user=cy, forum_id=cast.gazette.pk, challenge=CHALLENGE)
    for secret in ("5f" * 32, CHALLENGE, ""):
        assert collect(forum_id=cast.gazette.pk, secret=secret) is None
    assert collect(forum_id=cast.gazette.pk, secret=SECRET) == cy


def test_nothing_is_collected_on_another_forum(cast: Cast, cy: User) -> None:
    grant(user=cy, forum_id=cast.gazette.pk, challenge=CHALLENGE)
    assert collect(forum_id=cast.tribune.pk, secret=SECRET) is None
    assert collect(forum_id=cast.gazette.pk, secret=SECRET) == cy


def test_after_two_minutes_it_is_too_late(cast: Cast, cy: User) -> None:
    grant(user=cy, forum_id=cast.gazette.pk, challenge=CHALLENGE)
    row = HandOff.objects.get()
    assert timedelta(seconds=118) < row.expires_at - timezone.now() <= timedelta(seconds=120)
    HandOff.objects.update(expires_at=timezone.now())
    assert collect(forum_id=cast.gazette.pk, secret=SECRET) is None


def test_what_nobody_collected_is_swept_at_the_next_grant(cast: Cast, cy: User) -> None:
    grant(user=cy, forum_id=cast.gazette.pk, challenge="ab" * 32)
    HandOff.objects.update(expires_at=timezone.now())
    grant(user=cy, forum_id=cast.gazette.pk, challenge=CHALLENGE)
    assert [row.challenge for row in HandOff.objects.order_by("id")] == [CHALLENGE]


def test_granting_twice_is_granting_once_but_not_to_somebody_else(cast: Cast, cy: User) -> None:
    grant(user=cy, forum_id=cast.gazette.pk, challenge=CHALLENGE)
    grant(user=cy, forum_id=cast.gazette.pk, challenge=CHALLENGE)
    assert cast.dee.user is not None
    with pytest.raises(GrantedAlready):
        grant(user=cast.dee.user, forum_id=cast.gazette.pk, challenge=CHALLENGE)
    with pytest.raises(GrantedAlready):
        grant(user=cy, forum_id=cast.tribune.pk, challenge=CHALLENGE)


@pytest.mark.parametrize("challenge", ["", "ab", "G" * 64, "AB" * 32, "ab" * 33, "ab" * 32 + "\n"])
def test_a_challenge_is_64_hexadecimal_digits(cast: Cast, cy: User, challenge: str) -> None:
    with pytest.raises(BadChallenge):
        grant(user=cy, forum_id=cast.gazette.pk, challenge=challenge)


def test_an_account_closed_meanwhile_is_not_handed_over(cast: Cast, cy: User) -> None:
    grant(user=cy, forum_id=cast.gazette.pk, challenge=CHALLENGE)
    User.objects.filter(pk=cy.pk).update(is_active=False)
    assert collect(forum_id=cast.gazette.pk, secret=SECRET) is None


@pytest.mark.django_db(transaction=True)
def test_of_many_who_collect_at_once_one_is_told(cast: Cast, cy: User) -> None:
    grant(user=cy, forum_id=cast.gazette.pk, challenge=CHALLENGE)
    told: list[User | None] = []
    start = threading.Barrier(8)

    def ask() -> None:
        start.wait()
        try:
            told.append(collect(forum_id=cast.gazette.pk, secret=SECRET))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(told, key=bool) == [None] * 7 + [cy]
