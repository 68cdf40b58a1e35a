"""By an address somebody is invited, and a program cannot tell by it who has an account."""

import pytest
from allauth.account.models import EmailAddress

from descant.forums.models import Invitation, Role
from tests.descant.api.conftest import Program
from tests.descant.conftest import Cast

KNOWN, STRANGE = "cy@mail.example", "nobody@mail.example"


@pytest.fixture
def known(cast: Cast) -> None:
    EmailAddress.objects.create(user=cast.cy.user, email=KNOWN, verified=True)


@pytest.mark.usefixtures("known")
@pytest.mark.parametrize(
    ("name", "kind"), [("forums/addModerator", Role.Kind.MODERATOR), ("whitelists/add", Role.Kind.TRUSTED)]
)
def test_an_address_is_invited_whoever_has_it(anns: Program, name: str, kind: str) -> None:
    roles = Role.objects.count()
    told = [anns.ask(name, user=address) for address in (KNOWN, STRANGE)]
    assert [each.code for each in told] == [0, 0]
    written = [str(each.response).replace(KNOWN, "?").replace(STRANGE, "?") for each in told]
    assert written[0] == written[1]
    assert "'invited': True" in written[0]
    invited = Invitation.objects.open().order_by("id").values_list("email", "kind")
    assert list(invited) == [(KNOWN, kind), (STRANGE, kind)]
    assert Role.objects.count() == roles


def test_an_address_is_invited_once_and_taken_back(anns: Program, cast: Cast) -> None:
    asked = {"user": [STRANGE, "cy"]}
    for _again in range(2):
        told = anns.ask("whitelists/add", **asked).response
        assert [(each["value"], each.get("invited")) for each in told] == [(STRANGE, True), ("Cy", None)]
    assert Invitation.objects.open().count() == 1
    told = anns.ask("whitelists/remove", user=[STRANGE.upper(), "cy"]).response
    assert [each["value"] for each in told] == ["Cy", STRANGE]
    assert not Invitation.objects.open().exists()


def test_only_owners_invite(bos: Program) -> None:
    for name in ("forums/addModerator", "whitelists/add"):
        assert bos.ask(name, user=STRANGE).code == 12
    assert not Invitation.objects.exists()


def test_what_is_no_address_is_refused(anns: Program) -> None:
    assert anns.ask("forums/addModerator", user="cy@").code == 2
