"""The keys of programs: made, given new secrets and revoked; each secret is shown this once."""

from collections.abc import Callable
from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpResponse
from django.utils.translation import gettext as _

from descant.community.owners.lists import acted, id_in, why_in
from descant.community.signed_in import Owning, for_owners
from descant.discussion.deciding import owning as acts
from descant.discussion.posting import Refused
from descant.forums.keys.counting import Usage, usage_of
from descant.forums.keys.issuing import IssuedKey
from descant.forums.models import Forum, Key


@dataclass(frozen=True)
class Line:
    """A key as the list shows it."""

    key: Key
    usage: Usage


@for_owners("settings")
def keys(owning: Owning) -> HttpResponse:
    """A new secret is in the answer to the press of the button and nowhere else: no session or log keeps it."""
    posted, forum, by = owning.request.POST, owning.forum, owning.by
    if "remove" in posted:
        key_id = id_in(posted["remove"])
        return acted(
            owning,
            lambda: acts.revoke_key(forum=forum, by=by, key_id=key_id, why=why_in(owning)),
            _("The key is revoked. Programs that show it are refused within five seconds."),
        )
    for may, button in ((True, "allow"), (False, "forbid")):
        if button in posted:
            return _set_sign_on(owning, id_in(posted[button]), may)
    made = None
    if "add" in posted:
        title = posted.get("title", "").replace("\0", "")
        made = acts.make_key(forum=forum, by=by, title=title)
    elif "rotate" in posted:
        key_id = id_in(posted["rotate"])
        made = _made(owning, lambda: acts.rotate_key(forum=forum, by=by, key_id=key_id, why=why_in(owning)))
    shown = {"lines": _lines(forum), "made": made, "is_new": "add" in posted}
    return owning.show("community/owners/keys.html", shown)


def _set_sign_on(owning: Owning, key_id: int, may: bool) -> HttpResponse:
    forum, by = owning.forum, owning.by
    return acted(
        owning,
        lambda: acts.set_sign_on(forum=forum, by=by, key_id=key_id, may=may, why=why_in(owning)),
        _("The key signs people of your site in.")
        if may
        else _(
            "The key signs nobody in any more, and whom it has signed in is signed out within five seconds."
        ),
    )


def _made(owning: Owning, act: Callable[[], IssuedKey]) -> IssuedKey | None:
    try:
        return act()
    except Refused as refused:
        messages.error(owning.request, str(refused))
        return None


def _lines(forum: Forum) -> list[Line]:
    found = list(Key.objects.filter(forum=forum).select_related("by").order_by("-made_at", "-id"))
    usage = usage_of(found)
    return [Line(key, usage[key.pk]) for key in found]
