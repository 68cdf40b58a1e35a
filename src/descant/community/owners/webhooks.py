"""Webhooks: the addresses at which programs want to be told of comments, with a test of each."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from descant.community.owners.lists import acted, again, id_in, is_taken, why_in
from descant.community.signed_in import Owning, for_owners
from descant.discussion.deciding import connecting as acts
from descant.discussion.posting import Refused
from descant.forums.models import Target

EVENTS = {
    Target.Event.CREATED: gettext_lazy("a comment is shown"),
    Target.Event.UPDATED: gettext_lazy("a comment is changed or decided about"),
}
DIALECTS = {
    Target.Dialect.STANDARD: gettext_lazy("as Standard Webhooks"),
    Target.Dialect.DISQUS: gettext_lazy("as Disqus does"),
}


class Adding(forms.Form):
    """One more target."""

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
    for button, act in {"remove": _end, "test": _test, "turn": _turn}.items():
        if button in posted:
            return act(owning, id_in(posted[button]))
    form, made = Adding(posted if "add" in posted else None), None
    if "add" in posted and form.is_valid():
        made = _made(form, lambda: acts.add_target(forum=forum, by=by, wish=form.cleaned_data))
        form = form if made is None else Adding()
    elif "rotate" in posted:
        try:
            made = acts.rotate_secret(forum=forum, by=by, target_id=id_in(posted["rotate"]))
        except Refused as refused:
            messages.error(owning.request, str(refused))
    return owning.show(
        "community/owners/webhooks.html", {"form": form, "targets": _lines(owning), "made": made}
    )


def _lines(owning: Owning) -> list[dict[str, Any]]:
    return [
        {
            "target": target,
            "events": [EVENTS[Target.Event(each)] for each in target.events],
            "dialect": DIALECTS[Target.Dialect(target.dialect)],
        }
        for target in Target.objects.filter(forum=owning.forum).order_by("made_at", "id")
    ]


def _made(form: forms.Form, act: Callable[[], Target]) -> Target | None:
    found: list[Target] = []
    is_taken(form, "url", lambda: found.append(act()))
    return found[0] if found else None


def _end(owning: Owning, target_id: int) -> HttpResponse:
    forum, by = owning.forum, owning.by
    return acted(
        owning,
        lambda: acts.end_target(forum=forum, by=by, target_id=target_id, why=why_in(owning)),
        _("The address is told nothing any more."),
    )


def _turn(owning: Owning, target_id: int) -> HttpResponse:
    forum, by = owning.forum, owning.by
    return acted(
        owning,
        lambda: acts.turn_target(forum=forum, by=by, target_id=target_id),
        _("The webhook is changed."),
    )


def _test(owning: Owning, target_id: int) -> HttpResponse:
    """Send it something harmless, now, and say what became of it."""
    try:
        outcome = acts.test_target(forum=owning.forum, by=owning.by, target_id=target_id)
    except Refused as refused:
        messages.error(owning.request, str(refused))
        return redirect(owning.request.path)
    if outcome.is_taken:
        return again(
            owning, _("The test has arrived: the target answered %(status)s.") % {"status": outcome.status}
        )
    why = outcome.why or _("The target answered %(status)s.") % {"status": outcome.status}
    messages.error(owning.request, _("The test has not arrived. %(why)s") % {"why": why})
    return redirect(owning.request.path)
