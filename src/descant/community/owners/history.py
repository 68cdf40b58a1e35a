"""The history of a forum: what was changed, by whom, when and why; the newest first."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from descant.community.owners.fields import KINDS, General, Look, Policy
from descant.community.paging import BadCursor, cursor_in, page_of
from descant.community.signed_in import Owning, for_owners
from descant.forums.models import Change, Role

What = Change.What
WORDS = {
    What.SETTINGS: gettext_lazy("Settings changed"),
    What.DOMAIN_ADDED: gettext_lazy("Domain added"),
    What.DOMAIN_REMOVED: gettext_lazy("Domain removed"),
    What.ROLE_GIVEN: gettext_lazy("Role given"),
    What.ROLE_TAKEN: gettext_lazy("Role taken away"),
    What.KEY_MADE: gettext_lazy("Key made"),
    What.KEY_ROTATED: gettext_lazy("Key given a new secret"),
    What.KEY_REVOKED: gettext_lazy("Key revoked"),
    What.SIGN_ON_ALLOWED: gettext_lazy("Single sign-on allowed to a key"),
    What.SIGN_ON_FORBIDDEN: gettext_lazy("Single sign-on taken from a key"),
    What.TARGET_ADDED: gettext_lazy("Webhook added"),
    What.TARGET_CHANGED: gettext_lazy("Webhook changed"),
    What.TARGET_ENDED: gettext_lazy("Webhook ended"),
    What.RULE_WRITTEN: gettext_lazy("Rule written"),
    What.RULE_CHANGED: gettext_lazy("Rule changed"),
    What.RULE_ON: gettext_lazy("Rule switched on"),
    What.RULE_OFF: gettext_lazy("Rule switched off"),
    What.RULE_ENDED: gettext_lazy("Rule ended"),
    What.CATEGORY_ADDED: gettext_lazy("Category added"),
    What.CATEGORY_RENAMED: gettext_lazy("Category renamed"),
    What.CATEGORY_REMOVED: gettext_lazy("Category removed"),
}
FIELDS = {**General.base_fields, **Policy.base_fields}
LOOKS = Look().fields


@dataclass(frozen=True)
class Entry:
    """A change in words; ``values`` are what settings were, and what they are now."""

    change: Change
    words: str
    about: str
    values: list[tuple[str, str, str]]


@for_owners("settings")
def history(owning: Owning) -> HttpResponse:
    rows = Change.objects.filter(forum=owning.forum).select_related("by", "whom")
    try:
        before = cursor_in(owning.request.GET.get("before", ""))
    except BadCursor:
        before = None
    found, following = page_of(rows, "made_at", before)
    given = {"entries": [_entry(change) for change in found], "next": following}
    return owning.show("community/owners/history.html", given)


def _entry(change: Change) -> Entry:
    is_settings = change.what == What.SETTINGS
    about = _role(change) if change.what in (What.ROLE_GIVEN, What.ROLE_TAKEN) else change.about
    values = list(_values(change.said)) if is_settings else []
    return Entry(change, str(WORDS[What(change.what)]), about, values)


def _role(change: Change) -> str:
    kind = KINDS.get(Role.Kind(change.said["kind"]), "")
    whom = str(change.whom) if change.whom else _("somebody who is gone")
    return f"{whom}, {kind}"


def _values(said: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    for name, (was, now) in said.items():
        if name == "look":
            for part in sorted({*was, *now}):
                if was.get(part) != now.get(part):
                    yield str(LOOKS[part].label), was.get(part) or "–", now.get(part) or "–"
        else:
            field = FIELDS.get(name)
            yield str(field.label if field else name), _value(field, was), _value(field, now)


def _value(field: Any, value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    words = dict(getattr(field, "choices", ()))
    return str(words.get(value, value)) or "–"
