"""What an owner may decide about her forum."""

import pytest
from allauth.account.models import EmailAddress

from descant.discussion.deciding.owning import CannotChange, give_role, trust
from descant.forums.models import Role
from tests.descant.conftest import Cast


def test_nobody_is_found_by_her_address(cast: Cast) -> None:
    """Whoever has many would learn of each whether somebody has an account by it, and who she is."""
    assert cast.cy.user is not None
    EmailAddress.objects.create(user=cast.cy.user, email="cy@mail.example", verified=True)
    for address in ("cy@mail.example", "nobody@mail.example"):
        with pytest.raises(CannotChange, match="By an address invite her"):
            give_role(forum=cast.gazette, by=cast.ann, whom=address, kind=Role.Kind.TRUSTED)
        with pytest.raises(CannotChange, match="By an address invite her"):
            trust(forum=cast.gazette, by=cast.ann, whom=address)
    trust(forum=cast.gazette, by=cast.ann, whom="cy")
    assert Role.objects.filter(forum=cast.gazette, user=cast.cy.user).exists()
