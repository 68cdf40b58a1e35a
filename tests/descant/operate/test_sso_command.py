"""`descant sso`: keys by which a site signs its people in, and forums that share theirs."""

import json

import pytest

from descant.accounts.models import Remote
from descant.forums.models import Forum
from descant.forums.signing_on.keys import keys_in_force
from descant.forums.signing_on.people import organisation_of, signed_on
from descant.site.command import follow
from tests.descant.conftest import Cast
from tests.descant.signing import EVE, signed


def test_a_key_is_made_listed_forbidden_and_allowed(cast: Cast, capsys: pytest.CaptureFixture[str]) -> None:
    assert follow(["sso", "make", "gazette", "--json"]) == 0
    made = json.loads(capsys.readouterr().out)
    for verb, listed in (("list", 1), ("forbid", 0), ("allow", 1)):
        assert follow(["sso", verb, "gazette", *([made["public_key"][:10]] if verb != "list" else [])]) == 0
        capsys.readouterr()
        follow(["sso", "list", "gazette"])
        printed = capsys.readouterr().out
        assert printed.count(made["public_key"]) == listed
        assert made["secret_key"] not in printed
    assert follow(["sso", "allow", "tribune", made["public_key"]]) != 0


def test_forums_share_people_as_long_as_nobody_is_parted_from_hers(cast: Cast) -> None:
    assert follow(["sso", "share", "tribune", "gazette"]) == 0
    tribune = Forum.objects.get(pk=cast.tribune.pk)
    assert organisation_of(tribune) == cast.gazette.pk
    follow(["sso", "make", "tribune"])
    secret = keys_in_force.of(tribune)[0].secret_key
    signed_on(forum=tribune, written=signed(EVE, secret))
    assert Remote.objects.get().organisation == cast.gazette.pk
    assert follow(["sso", "share", "gazette", "tribune"]) == 0, "they are one already"


def test_who_has_people_of_their_own_keeps_them(cast: Cast) -> None:
    follow(["sso", "make", "gazette"])
    signed_on(forum=cast.gazette, written=signed(EVE, keys_in_force.of(cast.gazette)[0].secret_key))
    assert follow(["sso", "share", "gazette", "tribune"]) != 0
