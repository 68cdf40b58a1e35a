"""A site signs its own people in: whom its message makes, and that it can make nobody else and nothing more."""

import base64
import itertools
import json
import time
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from descant.accounts.models import Remote, User
from descant.discussion.authors import Author, role_of
from descant.discussion.deciding import owning
from descant.discussion.judging.barring import Banned, is_shut_out
from descant.discussion.judging.origins import mailbox_of
from descant.forums import bans
from descant.forums.directory import slot_of_forum
from descant.forums.keys.issuing import IssuedKey, issue_key, revoke_key, rotate_key
from descant.forums.models import Ban, Forum, Key
from descant.forums.signing_on.keys import KEYS_MOST, TooManyKeys, keys_in_force, let_sign_in, make_key
from descant.forums.signing_on.messages import AHEAD_SECONDS, LONGEST, BadMessage
from descant.forums.signing_on.people import signed_on
from django_headroom.caching.slots import slots
from django_headroom.testing import query_budget
from tests.descant.conftest import ALL_DATABASES, Cast
from tests.descant.signing import EVE, signed


@pytest.fixture
def key(cast: Cast) -> IssuedKey:
    return make_key(forum=cast.gazette)


def user_of(forum: Forum, written: str, public_key: str = "") -> User | None:
    return signed_on(forum=forum, written=written, public_key=public_key)[0]


def test_a_message_makes_its_person_once_and_the_next_costs_one_query(cast: Cast, key: IssuedKey) -> None:
    first = user_of(cast.gazette, signed(EVE, key.secret_key), key.public_key)
    assert first is not None
    assert (str(first), first.email, first.has_usable_password()) == ("Eve", "", False)
    assert first.remote.email == "eve@mail.example"
    with query_budget(1):
        again = user_of(cast.gazette, signed(EVE, key.secret_key))
    assert again == first


def test_nobody_is_signed_in_by_an_empty_message(cast: Cast, key: IssuedKey) -> None:
    written = signed({}, key.secret_key)
    assert written.startswith("e30= ")
    assert user_of(cast.gazette, written) is None
    assert not Remote.objects.exists()


def test_what_her_site_says_of_her_is_brought_up_to_date_and_never_back(cast: Cast, key: IssuedKey) -> None:
    now = time.time()
    hers = {**EVE, "avatar": "https://gazette.example/eve.jpg", "url": "https://eve.example/"}
    older = signed({**EVE, "username": "Evi"}, key.secret_key, now - 60)
    first = user_of(cast.gazette, signed(hers, key.secret_key, now - 30))
    assert user_of(cast.gazette, older) == first
    assert Remote.objects.get().avatar == "https://gazette.example/eve.jpg"
    renamed = {**EVE, "username": "Eva", "email": "eva@mail.example"}
    user_of(cast.gazette, signed(renamed, key.secret_key, now))
    remote = Remote.objects.select_related("user").get()
    assert (remote.user, remote.user.name, remote.email, remote.url) == (first, "Eva", "eva@mail.example", "")


@pytest.mark.django_db(databases=ALL_DATABASES, transaction=True)
def test_a_page_that_was_kept_has_her_new_name_at_once(cast: Cast, key: IssuedKey, say: Any) -> None:
    eve = user_of(cast.gazette, signed(EVE, key.secret_key, time.time() - 30))
    say("Rye.", by=Author(user=eve))
    here = {"f": "gazette", "t_i": "bread"}
    page = Client().get("/embed/comments/", here)
    assert ">Eve<" in page.content.decode()
    seen, before = slots().last(), Forum.objects.get(pk=cast.gazette.pk).revision
    other = Forum.objects.get(pk=cast.tribune.pk).revision
    user_of(cast.gazette, signed({**EVE, "email": "eva@mail.example"}, key.secret_key, time.time() - 20))
    assert slots().is_fresh(seen, slot_of_forum(cast.gazette.pk)), "nothing that readers see has changed"
    user_of(cast.gazette, signed({**EVE, "username": "Eva"}, key.secret_key))
    assert not slots().is_fresh(seen, slot_of_forum(cast.gazette.pk)), "whoever keeps pages makes them anew"
    assert Forum.objects.get(pk=cast.gazette.pk).revision == before + 1, "on other machines as well"
    assert Forum.objects.get(pk=cast.tribune.pk).revision == other
    assert ">Eva<" in Client().get("/embed/comments/", here).content.decode()


FORGED = {
    "another secret": lambda written, key: signed(EVE, "x" * 48),
    "another body": lambda written, key: " ".join(
        [base64.b64encode(b'{"id":"1"}').decode(), *written.split()[1:]]
    ),
    "another moment": lambda written, key: written[:-1] + str((int(written[-1]) + 1) % 10),
    "no signature": lambda written, key: " ".join([written.split()[0], "0" * 40, written.split()[2]]),
    "signed by the public key": lambda written, key: signed(EVE, key.public_key),
    "two parts": lambda written, key: written.rpartition(" ")[0],
    "four parts": lambda written, key: f"{written} 1",
    "a line break in the base64": lambda written, key: written[:8] + "\n" + written[8:],
    "a moment in other digits": lambda written, key: written[:-1] + "٣",
    "nothing": lambda written, key: "",
    "NUL": lambda written, key: written + "\0",
    "too long": lambda written, key: signed({**EVE, "x": "x" * LONGEST}, key.secret_key),
    "no base64": lambda written, key: "e30 " + written.partition(" ")[2],
}


@pytest.mark.parametrize("trick", list(FORGED))
def test_a_forged_message_signs_nobody_in(cast: Cast, key: IssuedKey, trick: str) -> None:
    forged = FORGED[trick](signed(EVE, key.secret_key), key)
    with pytest.raises(BadMessage):
        user_of(cast.gazette, forged)
    assert not Remote.objects.exists()


def test_another_forums_secret_a_key_of_a_program_and_a_wrong_public_key_sign_nobody_in(
    cast: Cast, key: IssuedKey
) -> None:
    far, program = make_key(forum=cast.tribune), issue_key(forum=cast.gazette)
    for secret, public in [
        (far.secret_key, far.public_key),
        (far.secret_key, ""),
        (program.secret_key, program.public_key),
        (program.secret_key, ""),
        (key.secret_key, program.public_key),
        (key.secret_key, "nobody's"),
    ]:
        with pytest.raises(BadMessage, match="not signed"):
            user_of(cast.gazette, signed(EVE, secret), public)


def test_a_message_has_its_time_and_the_clocks_some_patience(
    cast: Cast, key: IssuedKey, settings: Any
) -> None:
    settings.DESCANT_SIGN_ON_SECONDS = 600
    now = time.time()
    for at in (now - 500, now + AHEAD_SECONDS - 100):
        assert user_of(cast.gazette, signed(EVE, key.secret_key, at))
    with pytest.raises(BadMessage, match="too old"):
        user_of(cast.gazette, signed(EVE, key.secret_key, now - 700))
    with pytest.raises(BadMessage, match="future"):
        user_of(cast.gazette, signed(EVE, key.secret_key, now + AHEAD_SECONDS + 100))


@pytest.mark.parametrize(
    "said",
    [
        [],
        "Eve",
        None,
        {"username": "Eve"},
        {"id": "7"},
        {"id": "", "username": "Eve"},
        {"id": True, "username": "Eve"},
        {"id": ["7"], "username": "Eve"},
        {"id": "7" * 129, "username": "Eve"},
        {"id": "7\0", "username": "Eve"},
        {"id": "7", "username": 7},
        {"id": "7", "username": " \u202e\u200b "},
    ],
    ids=repr,
)
def test_a_message_that_names_nobody_is_refused(cast: Cast, key: IssuedKey, said: Any) -> None:
    with pytest.raises(BadMessage, match="names nobody"):
        user_of(cast.gazette, signed(said, key.secret_key))


def test_hostile_names_and_addresses_are_tamed(cast: Cast, key: IssuedKey) -> None:
    said = {
        "id": 7,
        "username": "\u202eEve\u200b\n<b>\0" + "x" * 200,
        "email": "not an address",
        "url": "javascript:alert(1)",
        "avatar": "data:text/html,x",
    }
    user_of(cast.gazette, signed(said, key.secret_key))
    remote = Remote.objects.select_related("user").get()
    assert remote.identifier == "7"
    assert remote.user.name == ("Eve <b>" + "x" * 200)[:60]
    assert (remote.email, remote.url, remote.avatar) == ("", "", "")


def test_a_name_of_the_house_is_for_who_has_a_role(cast: Cast, key: IssuedKey) -> None:
    with pytest.raises(BadMessage, match="kept for the people who run the forum"):
        user_of(cast.gazette, signed({**EVE, "username": "М0derator"}, key.secret_key))
    user_of(cast.gazette, signed(EVE, key.secret_key))
    owning.give_role(forum=cast.gazette, by=cast.ann, whom="site:7", kind="moderator")
    assert str(user_of(cast.gazette, signed({**EVE, "username": "Admin"}, key.secret_key))) == "Admin"


def test_a_message_gives_no_ability_and_no_account_of_the_same_address(cast: Cast, key: IssuedKey) -> None:
    assert cast.ann.user is not None
    more = {"role": "owner", "is_staff": True, "is_superuser": True, "moderator": True, "organisation": 1}
    said = {"id": str(cast.ann.user.pk), "username": "Ann", "email": cast.ann.user.email, **more}
    user = user_of(cast.gazette, signed(said, key.secret_key))
    assert user is not None
    assert user != cast.ann.user
    assert not (user.is_staff)
    assert not (user.is_superuser)
    assert not (role_of(user, cast.gazette))


def test_the_same_id_of_two_organisations_is_two_people(cast: Cast, key: IssuedKey) -> None:
    far = make_key(forum=cast.tribune)
    here = user_of(cast.gazette, signed(EVE, key.secret_key))
    there = user_of(cast.tribune, signed(EVE, far.secret_key))
    assert here != there
    with pytest.raises(owning.CannotChange):
        owning.give_role(
            forum=cast.gazette, by=cast.ann, whom=str(there and there.username), kind="moderator"
        )


def test_forums_that_share_an_organisation_share_their_people_and_not_their_secrets(
    cast: Cast, key: IssuedKey
) -> None:
    Forum.objects.filter(pk=cast.tribune.pk).update(organisation=cast.gazette)
    tribune = Forum.objects.get(pk=cast.tribune.pk)
    far = make_key(forum=tribune)
    assert user_of(cast.gazette, signed(EVE, key.secret_key)) == user_of(tribune, signed(EVE, far.secret_key))
    with pytest.raises(BadMessage):
        user_of(tribune, signed(EVE, key.secret_key))


def test_nobody_gets_into_her_account_by_our_own_doors(
    cast: Cast, key: IssuedKey, mailoutbox: list[Any]
) -> None:
    user = user_of(cast.gazette, signed(EVE, key.secret_key))
    assert user is not None
    client = Client()
    for login in (user.username, "eve@mail.example"):
        client.post("/accounts/login/", {"login": login, "password": ""})
        assert "_auth_user_id" not in client.session
    for door in ("/accounts/password/reset/", "/accounts/login/code/"):
        client.post(door, {"email": "eve@mail.example"})
    assert not any("key" in mail.body and user.username in mail.body for mail in mailoutbox)
    user.refresh_from_db()
    assert not user.has_usable_password()


def test_a_rotated_secret_goes_on_for_a_day_and_a_revoked_key_ends(cast: Cast, key: IssuedKey) -> None:
    row = Key.objects.get(public_key=key.public_key)
    new = rotate_key(forum=cast.gazette, key_id=row.pk)
    assert new is not None
    keys_in_force.forget()
    for each in (key, new):
        assert user_of(cast.gazette, signed(EVE, each.secret_key), key.public_key)
    Key.objects.filter(pk=row.pk).update(former_until=timezone.now())
    keys_in_force.forget()
    with pytest.raises(BadMessage):
        user_of(cast.gazette, signed(EVE, key.secret_key), key.public_key)
    revoke_key(forum=cast.gazette, key_id=row.pk)
    keys_in_force.forget()
    with pytest.raises(BadMessage):
        user_of(cast.gazette, signed(EVE, new.secret_key), new.public_key)


def test_a_key_may_be_let_and_no_longer_and_by_its_own_forum_alone(cast: Cast, key: IssuedKey) -> None:
    row = Key.objects.get(public_key=key.public_key)
    assert not let_sign_in(forum=cast.tribune, key_id=row.pk, may=False)
    assert let_sign_in(forum=cast.gazette, key_id=row.pk, may=False)
    with pytest.raises(BadMessage):
        user_of(cast.gazette, signed(EVE, key.secret_key))
    assert let_sign_in(forum=cast.gazette, key_id=row.pk, may=True)
    assert user_of(cast.gazette, signed(EVE, key.secret_key))


@pytest.mark.parametrize("kind", ["account", "email"])
def test_a_ban_meets_her_by_her_account_and_by_the_address_her_site_tells(
    cast: Cast, key: IssuedKey, kind: str
) -> None:
    user = user_of(cast.gazette, signed(EVE, key.secret_key))
    assert user is not None
    value = {"account": str(user.pk), "email": mailbox_of("Eve@Mail.example")}[kind]
    Ban(forum=cast.gazette, kind=kind, value=value, shown="Eve", reason="Enough.").save(force_insert=True)
    bans.in_force.forget()
    with pytest.raises(Banned):
        is_shut_out(cast.gazette, Author(user=user))


def test_there_are_few_keys_and_each_is_tried(cast: Cast) -> None:
    made = [make_key(forum=cast.gazette) for _number in range(KEYS_MOST)]
    for each in itertools.chain(made[:1], made[-1:]):
        assert user_of(cast.gazette, signed(EVE, each.secret_key))
    with pytest.raises(TooManyKeys):
        make_key(forum=cast.gazette)


def test_no_error_tells_what_was_in_the_message(cast: Cast, key: IssuedKey) -> None:
    secret = {"id": "7", "username": "", "email": "eve@mail.example"}
    with pytest.raises(BadMessage) as refused:
        user_of(cast.gazette, signed(secret, key.secret_key))
    assert "eve" not in json.dumps(str(refused.value))
