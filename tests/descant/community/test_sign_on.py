"""An owner lets a key sign people in, on the page of the keys."""

from collections.abc import Callable

from django.test import Client

from descant.discussion.authors import Author
from descant.forums.keys.issuing import issue_key
from descant.forums.models import Key
from tests.descant.conftest import Cast

SignedIn = Callable[[Author], Client]
HOME = "/f/gazette/settings/"


def test_a_key_may_be_let_sign_people_in_and_no_longer(cast: Cast, signed_in: SignedIn) -> None:
    client, page = signed_in(cast.ann), HOME + "keys/"
    key = Key.objects.get(public_key=issue_key(forum=cast.gazette).public_key)
    far = Key.objects.get(public_key=issue_key(forum=cast.tribune).public_key)
    for button, whose, signs_in in (("allow", key, True), ("allow", far, False), ("forbid", key, False)):
        client.post(page, {button: str(whose.pk)})
        assert Key.objects.get(pk=whose.pk).signs_in == signs_in
    assert "Single sign-on taken from a key" in client.get(HOME + "history/").content.decode()
