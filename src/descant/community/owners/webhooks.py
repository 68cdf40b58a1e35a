"""Webhooks: the addresses at which programs are told of comments."""

from typing import Any

from django import forms
from django.http import HttpResponse
from django.utils.translation import gettext_lazy

from descant.community.owners.lists import is_taken
from descant.community.signed_in import Owning, for_owners
from descant.discussion.deciding import connecting as acts
from descant.forums.models import Target

EVENTS = {
    Target.Event.CREATED: gettext_lazy("a comment is shown"),
    Target.Event.UPDATED: gettext_lazy("a comment is changed or decided about"),
}
DIALECTS = {
    Target.Dialect.STANDARD: gettext_lazy("as Standard Webhooks"),
    Target.Dialect.DISQUS: gettext_lazy("as Disqus does"),
}


class Wishing(forms.Form):
    """What a target is, or shall be."""

    url = forms.CharField(
        label=gettext_lazy("Address"),
        max_length=500,
        help_text=gettext_lazy("By https, on its usual port, of the public network."),
        widget=forms.TextInput(attrs={"dir": "ltr", "placeholder": "https://", "autocomplete": "off"}),
    )
    events = forms.MultipleChoiceField(
        label=gettext_lazy("Tell it when"),
        choices=list(EVENTS.items()),
        initial=list(EVENTS),
        widget=forms.CheckboxSelectMultiple,
    )
    dialect = forms.ChoiceField(
        label=gettext_lazy("Signed"),
        choices=list(DIALECTS.items()),
        initial=Target.Dialect.STANDARD,
        widget=forms.RadioSelect,
    )


@for_owners("settings")
def webhooks(owning: Owning) -> HttpResponse:
    """A new secret is in the answer to the press of the button and nowhere else."""
    posted, forum, by = owning.request.POST, owning.forum, owning.by
    form, made = Wishing(posted if "add" in posted else None), []
    if "add" in posted and form.is_valid():
        wish = form.cleaned_data
        if is_taken(form, "url", lambda: made.append(acts.add_target(forum=forum, by=by, wish=wish))):
            form = Wishing()
    shown = {"form": form, "targets": _lines(owning), "made": made[0] if made else None}
    return owning.show("community/owners/webhooks.html", shown)


def said_of(target: Target) -> dict[str, Any]:
    """A target in words."""
    return {
        "target": target,
        "events": [EVENTS[Target.Event(each)] for each in target.events],
        "dialect": DIALECTS[Target.Dialect(target.dialect)],
    }


def _lines(owning: Owning) -> list[dict[str, Any]]:
    return [said_of(each) for each in Target.objects.filter(forum=owning.forum).order_by("made_at", "id")]
