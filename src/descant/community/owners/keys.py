"""The keys of programs: made and shown this once, revoked, with how often each was used."""

from django.http import HttpResponse
from django.utils.translation import gettext as _

from descant.community.owners.lists import acted, id_in, why_in
from descant.community.signed_in import Owning, for_owners
from descant.discussion.deciding import owning as acts
from descant.forums.models import Key


@for_owners("settings")
def keys(owning: Owning) -> HttpResponse:
    """A new key is in the answer to the press of the button and nowhere else: no session or log keeps it."""
    posted, forum, by = owning.request.POST, owning.forum, owning.by
    if "remove" in posted:
        key_id = id_in(posted["remove"])
        return acted(
            owning,
            lambda: acts.revoke_key(forum=forum, by=by, key_id=key_id, why=why_in(owning)),
            _("The key is revoked. Programs that show it are refused within five seconds."),
        )
    made = acts.make_key(forum=forum, by=by) if "add" in posted else None
    found = Key.objects.filter(forum=forum).only("public_key", "made_at", "uses").order_by("-made_at", "-id")
    return owning.show("community/owners/keys.html", {"keys": found, "made": made})
