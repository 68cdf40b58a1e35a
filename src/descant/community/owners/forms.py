"""The settings that are one form each: what is general, the policy, the look."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from descant.community.owners.fields import General, Look, Policy
from descant.community.signed_in import Owning, for_owners
from descant.discussion.deciding.owning import change_settings
from descant.discussion.posting import Refused


@for_owners("settings")
def general(owning: Owning) -> HttpResponse:
    return _form_page(owning, "community/owners/general.html", General)


@for_owners("settings")
def policy(owning: Owning) -> HttpResponse:
    return _form_page(owning, "community/owners/policy.html", Policy)


@for_owners("settings")
def look(owning: Owning) -> HttpResponse:
    return _form_page(owning, "community/owners/look.html", Look, owning.forum.look)


def _form_page(
    owning: Owning, template: str, fields: type[forms.Form], now: dict[str, Any] | None = None
) -> HttpResponse:
    """One form; what it says when it is clean are the columns to change."""
    if now is None:
        now = {name: getattr(owning.forum, name) for name in fields.base_fields if name != "why"}
    form = fields(owning.request.POST if owning.posts else None, initial=now)
    if owning.posts and form.is_valid() and is_done(owning, form, **form.cleaned_data):
        messages.success(owning.request, _("Saved. Pages show it within five seconds."))
        return redirect(owning.request.path)
    return owning.show(template, {"form": form})


def is_done(owning: Owning, form: forms.Form, **columns: Any) -> bool:
    """Whether the change was taken; if not, the form says why."""
    try:
        change_settings(forum=owning.forum, by=owning.by, **columns)
    except Refused as refused:
        form.add_error(None, str(refused))
        return False
    return True
