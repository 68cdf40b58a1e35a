"""Bans: by account, guest, e-mail, address and neighbourhood; told with the reason, lifted, and at their end over."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import OperationalError
from django.utils import timezone

from descant.discussion.addressing.addresses import PageAddress
from descant.discussion.addressing.finding import find_thread
from descant.discussion.authors import Author
from descant.discussion.deciding import NotAModerator
from descant.discussion.deciding.banning import CannotBan, address_range, author_of, ban_person, lift_ban
from descant.discussion.editing import edit_comment
from descant.discussion.flagging import flag_comment
from descant.discussion.judging.barring import Banned
from descant.discussion.models import Comment
from descant.discussion.posting import Draft, post_comment
from descant.discussion.seeing import may_see
from descant.discussion.voting import cast_vote
from descant.forums import bans
from descant.forums.keeping import KeptByForum
from descant.forums.models import Ban, Forum
from descant.forums.opening import change_forum
from tests.descant.conftest import Cast

pytestmark = pytest.mark.django_db(databases=["default", "p1", "p2"])

Say = Callable[..., Comment]


def guest(number: int, *, email: str = "", address: str = "198.51.100.7") -> Author:
    return Author(guest=f"{number:032x}", name=f"Guest {number}", email=email, address=address)


@pytest.mark.parametrize(
    ("kind", "met", "free"),
    [
        ("guest", guest(1), guest(2)),
        ("email", guest(2, email=" Mel@mail.example"), guest(3, email="other@mail.example")),
        ("address", guest(2, address="192.0.2.7"), guest(2, address="192.0.2.8")),
        ("range", guest(2, address="192.0.2.8"), guest(2, address="198.51.100.9")),
    ],
)
def test_the_author_of_a_comment_is_banned_by_what_is_known_of_her(
    cast: Cast, say: Say, kind: str, met: Author, free: Author
) -> None:
    comment = say("Buy.", by=guest(1, email="mel@mail.example", address="192.0.2.7"))
    made = ban_person(forum=cast.gazette, whom=author_of(comment, kind), by=cast.bo, reason="advertising")
    assert "192.0.2" not in f"{made.value}{made.shown}", "nobody is told an address"
    with pytest.raises(Banned, match="advertising"):
        say("Buy again.", by=met)
    assert say("Rye.", by=free).is_shown


def test_who_came_with_an_import_is_banned_by_her_address_and_never_by_a_name(cast: Cast, say: Say) -> None:
    comment = say("Buy.", by=guest(1))
    comment.guest = comment.origin = comment.origin_range = ""
    comment.source, comment.author_name = "wordpress", "Cy"
    for kind in ("account", "guest", "email", "address", "range", "name"):
        with pytest.raises(CannotBan, match="Nothing of this kind is known"):
            author_of(comment, kind)
    comment.author_email = "CY@mail.example"
    ban_person(forum=cast.gazette, whom=author_of(comment, "email"), by=cast.bo, reason="advertising")
    for back in (cast.cy, guest(2, email="cy@mail.example")):
        with pytest.raises(Banned, match="advertising"):
            say("Buy again.", by=back)
    assert say("Rye.", by=replace(guest(3), name="Cy")).is_shown


def test_an_account_is_banned_on_one_forum_and_freed(cast: Cast, say: Say) -> None:
    comment = say("Rye.", by=cast.cy)
    made = ban_person(forum=cast.gazette, whom=author_of(comment, "account"), by=cast.bo, reason="rude")
    with pytest.raises(Banned):
        say("Wheat.", by=cast.cy)
    assert lift_ban(forum=cast.gazette, ban=made, by=cast.ann)
    assert say("Wheat.", by=cast.cy).is_shown
    assert not lift_ban(forum=cast.gazette, ban=Ban.objects.get(pk=made.pk), by=cast.bo)


def test_a_typed_range_is_banned_until_its_end(cast: Cast, say: Say) -> None:
    until = timezone.now() + timedelta(hours=1)
    made = ban_person(
        forum=cast.gazette, whom=address_range("2001:db8:1::/48"), by=cast.bo, reason="flood", until=until
    )
    inside = guest(1, address="2001:db8:1:2::/64")
    with pytest.raises(Banned, match="until"):
        say("Buy.", by=inside)
    Ban.objects.filter(pk=made.pk).update(until=timezone.now() - timedelta(seconds=1))
    bans.in_force.forget()
    assert say("Rye.", by=inside).is_shown


def test_a_secret_ban_needs_a_public_policy_that_allows_it(cast: Cast, say: Say) -> None:
    whom = author_of(say("Buy.", by=cast.cy), "account")
    with pytest.raises(CannotBan, match="policy"):
        ban_person(forum=cast.gazette, whom=whom, by=cast.bo, reason="bot", is_shadow=True)
    change_forum(forum=cast.gazette, shadow_bans=True)
    ban_person(forum=cast.gazette, whom=whom, by=cast.bo, reason="bot", is_shadow=True)
    hidden = say("Buy again.", by=cast.cy)
    assert (hidden.state, hidden.reasons) == ("spam", ["shadow_ban"])
    assert not may_see(hidden, None)
    assert may_see(hidden, cast.bo)


def test_who_may_not_ban_and_who_cannot_be_banned(cast: Cast, say: Say) -> None:
    whom = author_of(say("Rye.", by=cast.cy), "account")
    for other in (cast.cy, cast.guest, cast.dee):
        with pytest.raises(NotAModerator):
            ban_person(forum=cast.gazette, whom=whom, by=other, reason="x")
    with pytest.raises(CannotBan, match="why"):
        ban_person(forum=cast.gazette, whom=whom, by=cast.bo, reason=" ")
    with pytest.raises(CannotBan, match="moderates"):
        ban_person(
            forum=cast.gazette, whom=author_of(say("Rye.", by=cast.ann), "account"), by=cast.bo, reason="x"
        )
    for wide in ("0.0.0.0/0", "10.0.0.0/7", "::/8", "rye"):
        with pytest.raises(CannotBan):
            address_range(wide)
    with pytest.raises(CannotBan, match="known"):
        author_of(say("Rye.", by=replace(cast.guest, email="")), "email")


def test_a_ban_of_one_forum_is_none_of_another(cast: Cast, say: Say) -> None:
    made = ban_person(
        forum=cast.gazette, whom=author_of(say("Rye.", by=cast.cy), "account"), by=cast.bo, reason="x"
    )
    with pytest.raises(Ban.DoesNotExist):
        lift_ban(forum=cast.tribune, ban=made, by=replace(cast.dee, role="owner"))


def test_who_is_banned_neither_votes_nor_flags_nor_edits(cast: Cast, say: Say) -> None:
    own, other = say("Rye.", by=cast.cy), say("Wheat.", by=cast.dee)
    ban_person(forum=cast.gazette, whom=author_of(own, "account"), by=cast.bo, reason="rude")
    with pytest.raises(Banned):
        cast_vote(forum=cast.gazette, comment=other, author=cast.cy, value=1)
    with pytest.raises(Banned):
        flag_comment(forum=cast.gazette, comment=other, author=cast.cy, reason="spam")
    with pytest.raises(Banned):
        edit_comment(forum=cast.gazette, comment=own, author=cast.cy, source="Buy.")


def test_of_what_a_secretly_banned_person_does_nothing_comes(cast: Cast, say: Say) -> None:
    change_forum(forum=cast.gazette, shadow_bans=True)
    own, other = say("Rye.", by=cast.cy), say("Wheat.", by=cast.dee)
    whom = author_of(own, "account")
    ban_person(forum=cast.gazette, whom=whom, by=cast.bo, reason="bot", is_shadow=True)
    cast_vote(forum=cast.gazette, comment=other, author=cast.cy, value=1)
    flag_comment(forum=cast.gazette, comment=other, author=cast.cy, reason="spam")
    other.refresh_from_db()
    assert (other.ups, other.flags) == (0, 0)
    edit_comment(forum=cast.gazette, comment=own, author=cast.cy, source="Buy.")
    assert not may_see(own, None)


def test_a_banned_person_makes_no_thread(cast: Cast, say: Say) -> None:
    whom = author_of(say("Rye.", by=cast.cy), "account")
    ban_person(forum=cast.gazette, whom=whom, by=cast.bo, reason="rude")
    page = PageAddress("new", "https://gazette.example/new")
    with pytest.raises(Banned):
        post_comment(forum=cast.gazette, thread=page, author=cast.cy, draft=Draft("Buy."))
    assert find_thread(cast.gazette, page) is None


def test_while_the_global_database_is_out_of_reach_the_last_copy_counts(cast: Cast) -> None:
    answers: list[str] = ["known"]

    def load(forum: Forum, alias: str) -> str:
        if not answers:
            raise OperationalError("out of reach")
        return answers.pop()

    kept = KeptByForum("bans", load, seconds=0.0)
    assert [kept.of(cast.gazette) for _time in range(3)] == ["known"] * 3
    with pytest.raises(OperationalError):
        kept.of(cast.tribune)
