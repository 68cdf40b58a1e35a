"""What an owner may decide about her forum, and how often."""

import pytest
from allauth.account.models import EmailAddress

from descant.discussion.deciding import owning
from descant.discussion.deciding.owning import CannotChange, give_role
from descant.forums.models import Role
from tests.descant.conftest import Cast


def test_addresses_are_not_asked_for_by_the_list(cast: Cast) -> None:
    """Whoever has many would learn of each whether somebody has an account by it, and who she is."""
    assert cast.cy.user is not None
    EmailAddress.objects.create(user=cast.cy.user, email="cy@mail.example", verified=True)

    def name(whom: str) -> None:
        give_role(forum=cast.gazette, by=cast.ann, whom=whom, kind=Role.Kind.TRUSTED)

    for number in range(owning.ADDRESSES_A_MINUTE):
        with pytest.raises(CannotChange, match="no account"):
            name(f"nobody{number}@mail.example")
    with pytest.raises(CannotChange, match="too fast"):
        name("cy@mail.example")
    name("cy")
    assert Role.objects.filter(forum=cast.gazette, user=cast.cy.user).exists(), "by her own name at any time"
