"""The page on which a reader tries what is new: each thing in a sentence, on or off, on every device of hers."""

from typing import Any, NamedTuple

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from descant.accounts.models import User
from descant.community.signed_in import for_people
from descant.switches import check_writable
from django_headroom.operations.switches import declared, knowing
from django_headroom.operations.switches.turning import NobodyHeard, choose, chosen_by


class Words(NamedTuple):
    """What a reader is told of a lab."""

    title: Any
    sentence: Any


LABS = {
    "keys": Words(
        gettext_lazy("Keys among the comments"),
        gettext_lazy(
            "j and k step from one comment to the next and back, r answers it, u votes it up, f folds what was replied."
            " A question mark shows them all. Click among the comments first: the keys are the page’s until then."
        ),
    ),
}


@for_people
def labs(request: HttpRequest, user: User) -> HttpResponse:
    """What she has chosen is read where it is written down: this process may hear of it a moment later."""
    actor = f"u{user.pk}"
    try:
        chosen = chosen_by(actor)
        form = _form(chosen, request)
        if form.fields and form.is_valid():
            check_writable()
            for name, is_in in form.cleaned_data.items():
                if is_in != chosen.get(name, False):
                    choose(name, actor=actor, is_in=is_in)
            messages.success(request, _("Saved. Pages that you open from now on have it."))
            return redirect(request.path)
    except NobodyHeard:
        form = _form({}, None)
        messages.error(request, _("This cannot be kept just now. Please come back in a while."))
    return render(request, "community/labs.html", {"form": form})


def _form(chosen: dict[str, bool], request: HttpRequest | None) -> forms.Form:
    """A box for each lab that is open: people choose it as its rule stands."""
    form = forms.Form(request.POST if request is not None and request.method == "POST" else None)
    for name, words in LABS.items():
        rule = knowing.rule_of(name)
        if name in declared() and rule is not None and rule.labs:
            form.fields[name] = forms.BooleanField(
                label=words.title, help_text=words.sentence, required=False, initial=chosen.get(name, False)
            )
    return form
