"""The mail that invites somebody to a role, in the forum's language, for it goes to an address and to no account."""

from typing import Any

from django.core.mail import EmailMessage
from django.utils.translation import gettext as _
from django.utils.translation import override

from descant.discussion import text
from descant.followups.mail.composing import SUBJECT_MOST, link_to_page
from descant.forums.inviting import invited, token_of
from descant.forums.models import Invitation


def connect() -> None:
    """Listen to who is invited."""
    invited.connect(send_invitation, dispatch_uid="followups.inviting")


def send_invitation(data: dict[str, Any], *, event_id: str) -> None:
    """Send it, unless it was taken back. A worker that dies after the mail server's yes sends it again.

    Raises:
        OSError, smtplib.SMTPException: the mail server does not take it now; it is tried again.
    """
    rows = Invitation.objects.open().select_related("forum", "by")
    invitation = rows.filter(pk=data["invitation_id"]).first()
    if invitation is None:
        return
    given = {
        "forum": text.one_line(invitation.forum.title),
        "person": text.one_line(str(invitation.by)),
        "link": link_to_page("mail/invitation", token_of(invitation)),
    }
    with override(invitation.forum.language):
        subject = _("You are invited to “%(forum)s”") % given
        body = _(
            "%(person)s invites you to help with the comments of “%(forum)s”.\n\n"
            "To see what it is about, and to accept, open this page and sign in:\n%(link)s\n\n"
            "The invitation is good for seven days. If it says nothing to you, do nothing."
        )
    EmailMessage(subject[:SUBJECT_MOST], body % given + "\n", to=[invitation.email]).send()
