"""The links of letters to people of the site of the budgets."""

from typing import Any

from descant.followups.mail.tokens import link_token
from descant.followups.models import Mailbox
from descant.forums.inviting import token_of as token_of_invitation
from descant.forums.models import Invitation


def token_of(site: Any) -> str:
    return link_token(f"u{site.cast.bo.user.pk}")


def token_of_guest(site: Any) -> str:
    made = Mailbox.objects.get_or_create(email="gus@mail.example", forum_id=site.cast.gazette.pk)
    return link_token(f"m{made[0].pk}")


def invitation_of(site: Any) -> str:
    asked = {"forum": site.cast.gazette, "by": site.cast.ann.user, "kind": "trusted"}
    return (
        f"/mail/invitation/{token_of_invitation(Invitation.objects.create(email='eve@x.example', **asked))}/"
    )
