"""A role by e-mail address: an invitation, which tells its sender nothing of whose the address is."""

import re
from collections.abc import Callable
from datetime import timedelta

from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client
from django.utils import timezone

from descant.forums.inviting import A_DAY_MOST, MAILS_A_DAY_MOST
from descant.forums.models import Change, Invitation, Role
from django_headroom.delayed.worker import drain
from django_headroom.testing import queries_counted
from django_headroom.updates import change
from tests.descant.conftest import Cast

SignedIn = Callable[..., Client]
TOLD = "An invitation goes to this address."
PEOPLE = "/f/gazette/settings/people/"


def invite(ann: Client, whom: str, kind: str = "moderator") -> str:
    answer = ann.post(PEOPLE, {"add": "", "whom": whom, "kind": kind}, follow=True)
    return re.sub(r'csrfmiddlewaretoken" value="\w+"', "", answer.content.decode())


def mailed() -> list[str]:
    """The links of what the worker has mailed since."""
    mail.outbox.clear()
    drain("default")
    return [link for each in mail.outbox for link in re.findall(r"/mail/invitation/\S+", str(each.body))]


def test_the_answer_is_the_same_whoever_has_the_address(cast: Cast, signed_in: SignedIn) -> None:
    assert cast.cy.user is not None
    EmailAddress.objects.create(user=cast.cy.user, email="cy@mail.example", verified=True)
    ann, told = signed_in(cast.ann), []
    invite(ann, "first@mail.example")
    mailed()
    Invitation.objects.all().delete()
    for address in ("cy@mail.example", "no@mail.example"):
        with queries_counted() as spent:
            answer = invite(ann, address)
        told.append((answer.replace(address, ""), spent.count))
        assert len(mailed()) == 1
        assert mail.outbox[0].to == [address]
        Invitation.objects.all().delete()
    assert re.sub(r'value="\d+"', "", told[0][0]) == re.sub(r'value="\d+"', "", told[1][0])
    assert told[0][1:] == told[1][1:]
    assert not Role.objects.filter(user=cast.cy.user).exists()


def test_she_has_the_role_when_she_accepts_signed_in_and_once(cast: Cast, signed_in: SignedIn) -> None:
    page = invite(signed_in(cast.ann), "Dee@Mail.example")
    assert "invited" in page
    assert "dee@mail.example" in page
    [link] = mailed()
    assert mail.outbox[0].to == ["dee@mail.example"]
    assert "Ann" in str(mail.outbox[0].body)
    assert Client().get(link)["Location"].startswith("/accounts/login/?next=/mail/invitation/")
    dee = signed_in(cast.dee)
    assert "moderator" in dee.get(link).content.decode().lower()
    assert not Role.objects.filter(forum=cast.gazette, user=cast.dee.user).exists(), (
        "to look is not to accept"
    )
    assert "The role is yours." in dee.post(link, follow=True).content.decode()
    assert Role.objects.get(forum=cast.gazette, user=cast.dee.user).kind == "moderator"
    given = Change.objects.filter(forum=cast.gazette, what="role_given").get(whom=cast.dee.user)
    assert given.by == cast.ann.user
    assert signed_in(cast.cy).post(link).status_code == 404
    assert "dee@mail.example" not in signed_in(cast.ann).get(PEOPLE).content.decode()


def test_one_that_is_old_was_taken_back_or_comes_of_a_former_owner_gives_nothing(
    cast: Cast, signed_in: SignedIn
) -> None:
    ann, dee = signed_in(cast.ann), signed_in(cast.dee)

    def link() -> str:
        invite(ann, "dee@mail.example")
        [found] = mailed()
        return found

    back = link()
    assert "taken back" in ann.post(PEOPLE, {"withdraw": str(newest().pk)}, follow=True).content.decode()
    assert ann.post(PEOPLE, {"withdraw": str(newest().pk)}).status_code == 302, "twice does no harm"
    old = link()
    change(newest(), made_at=timezone.now() - timedelta(days=8))
    former = link()
    Role.objects.create(forum=cast.gazette, user=cast.cy.user, kind=Role.Kind.OWNER)
    Role.objects.filter(forum=cast.gazette, user=cast.ann.user).delete()
    assert [dee.post(each).status_code for each in (back, old, former, former + "x")] == [404, 404, 200, 404]
    assert not Role.objects.filter(forum=cast.gazette, user=cast.dee.user).exists()


def test_another_forums_owner_takes_no_invitation_back(cast: Cast, signed_in: SignedIn) -> None:
    invite(signed_in(cast.ann), "cy@mail.example")
    dee = signed_in(cast.dee)
    assert dee.post("/f/tribune/settings/people/", {"withdraw": str(newest().pk)}).status_code in (302, 404)
    assert newest().ended_at is None


def test_the_last_owner_stays_what_she_is(cast: Cast, signed_in: SignedIn) -> None:
    invite(signed_in(cast.ann), "ann@mail.example", "trusted")
    [link] = mailed()
    assert "needs an owner" in signed_in(cast.ann).post(link, follow=True).content.decode()
    assert newest().ended_at is None
    assert Role.objects.get(forum=cast.gazette, user=cast.ann.user).kind == "owner"


def test_nobody_has_us_write_to_the_whole_world(cast: Cast, signed_in: SignedIn) -> None:
    ann = signed_in(cast.ann)
    for _time in range(2):
        assert TOLD in invite(ann, "eve@mail.example")
    assert len(mailed()) == 1, "asked again, she has her link"
    for _time in range(MAILS_A_DAY_MOST + 2):
        ann.post(PEOPLE, {"withdraw": str(newest().pk)})
        assert TOLD in invite(ann, "eve@mail.example"), "whatever others have asked her, nobody learns"
    assert mailed() == [], "she had enough for a day"
    for number in range(A_DAY_MOST - Invitation.objects.count()):
        Invitation.objects.create(
            forum=cast.gazette, email=f"{number}@x.example", kind="trusted", by=cast.ann.user
        )
    assert "Too many were invited today" in invite(ann, "last@mail.example")
    assert "not an e-mail address" in invite(ann, "last@")


def newest() -> Invitation:
    return Invitation.objects.order_by("-id")[0]
