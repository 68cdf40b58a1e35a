"""Accepting a role, by the link of a mail and signed in: whoever reads the address may be anybody here."""

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from descant.accounts.models import User
from descant.community.owners.fields import KINDS
from descant.community.signed_in import kept_nowhere, not_now
from descant.discussion.deciding import owning
from descant.discussion.posting import Refused
from descant.forums.inviting import invitation_in
from descant.forums.models import Invitation, Role
from descant.switches import SwitchedOff


@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """What she is invited to; to open the page accepts nothing, for mail scanners open every link."""
    found = invitation_in(token)
    if found is None:
        return kept_nowhere(render(request, "community/absent.html", status=404))
    if not isinstance(request.user, User):
        return kept_nowhere(redirect_to_login(request.get_full_path()))
    shown = {"forum": found.forum, "by": found.by, "kind": KINDS[Role.Kind(found.kind)]}
    if request.method == "POST":
        try:
            shown["told"] = _accept(request.user, found)
        except SwitchedOff as refused:
            return not_now(request, refused)
    return kept_nowhere(render(request, "community/invitation.html", shown))


def _accept(user: User, found: Invitation) -> str:
    """What became of it, in a sentence."""
    try:
        owning.accept(invitation=found, user=user)
    except Refused as refused:
        return str(refused)
    return _("The role is yours.")
