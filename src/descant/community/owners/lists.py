"""The settings that are lists: domains, people with roles, and rules; one row is added or taken away at a time."""

from collections.abc import Callable

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from descant.community.owners.fields import KINDS, Host, Naming
from descant.community.signed_in import Owning, for_owners
from descant.discussion.deciding import owning as acts
from descant.discussion.deciding.abilities import ABILITIES
from descant.discussion.posting import Refused
from descant.forums.models import Invitation, Role, Rule

ID_DIGITS = 18


@for_owners("settings")
def domains(owning: Owning) -> HttpResponse:
    """The sites that may show the forum."""
    posted, forum, by = owning.request.POST, owning.forum, owning.by
    form = Host(posted if "add" in posted else None)
    if "add" in posted and form.is_valid():
        said = form.cleaned_data
        if is_taken(form, "domain", lambda: acts.add_domain(forum=forum, by=by, **said)):
            return again(owning, _("The domain is added."))
    if "remove" in posted:
        return acted(
            owning,
            lambda: acts.remove_domain(forum=forum, by=by, domain=posted["remove"], why=why_in(owning)),
            _("The domain is removed. What was said on its pages stays."),
        )
    hosts = list(forum.domains.order_by("host", "id").values_list("host", flat=True))
    return owning.show("community/owners/domains.html", {"form": form, "hosts": hosts})


@for_owners("roles")
def people(owning: Owning) -> HttpResponse:
    """Who has which role, and what each may do."""
    posted, forum, by = owning.request.POST, owning.forum, owning.by
    form = Naming(posted if "add" in posted else None)
    if "add" in posted and form.is_valid() and is_taken(form, "whom", lambda: _name(owning, form)):
        return again(
            owning, _invited() if acts.is_address(form.cleaned_data["whom"]) else _("The role is given.")
        )
    if "withdraw" in posted:
        invitation_id = id_in(posted["withdraw"])
        return acted(
            owning,
            lambda: acts.withdraw(forum=forum, by=by, invitation_id=invitation_id),
            _("The invitation is taken back."),
        )
    if "remove" in posted:
        user_id = id_in(posted["remove"])
        return acted(
            owning,
            lambda: acts.take_role(forum=forum, by=by, user_id=user_id, why=why_in(owning)),
            _("The role is taken away."),
        )
    roles = Role.objects.filter(forum=forum).select_related("user").order_by("kind", "id")
    shown = [{"user": role.user, "kind": KINDS[Role.Kind(role.kind)]} for role in roles]
    invited = Invitation.objects.open().filter(forum=forum).order_by("made_at", "id")
    asked = [{"row": row, "kind": KINDS[Role.Kind(row.kind)]} for row in invited]
    table = [(words, [kind in may for kind in KINDS]) for words, may in ABILITIES.values()]
    return owning.show(
        "community/owners/people.html",
        {"form": form, "roles": shown, "invited": asked, "kinds": KINDS.values(), "abilities": table},
    )


def _name(owning: Owning, form: Naming) -> None:
    """By her user name; by an address, whoever has it, she is invited, and the answer is always the same."""
    said = form.cleaned_data
    if acts.is_address(said["whom"]):
        acts.invite(forum=owning.forum, by=owning.by, email=said["whom"], kind=said["kind"], why=said["why"])
    else:
        acts.give_role(forum=owning.forum, by=owning.by, **said)


def _invited() -> str:
    return _("An invitation goes to this address. The role is hers when she accepts.")


@for_owners("rules")
def rules(owning: Owning) -> HttpResponse:
    """Which rules look at what is written; they are written, tried and switched where comments are moderated."""
    found = Rule.objects.filter(forum=owning.forum).order_by("title", "id")
    return owning.show("community/owners/rules.html", {"rules": found})


def is_taken(form: forms.Form, field: str, act: Callable[[], object]) -> bool:
    """Whether an act was taken; if not, the form's field says why."""
    try:
        act()
    except Refused as refused:
        form.add_error(field, str(refused))
        return False
    return True


def acted(owning: Owning, act: Callable[[], object], done: str) -> HttpResponse:
    """Do what a button asks; the page comes again and says what became of it."""
    try:
        act()
    except Refused as refused:
        messages.error(owning.request, str(refused))
        return redirect(owning.request.path)
    return again(owning, done)


def again(owning: Owning, done: str) -> HttpResponse:
    messages.success(owning.request, done)
    return redirect(owning.request.path)


def why_in(owning: Owning) -> str:
    """Why something is taken away, as the form beside its button says; without NUL, which PostgreSQL cannot keep."""
    return owning.request.POST.get("why", "").replace("\0", "")


def id_in(written: str) -> int:
    """An id as a button says it; 0, which nobody has, if it is none."""
    is_id = written.isascii() and written.isdecimal() and len(written) <= ID_DIGITS
    return int(written) if is_id else 0
