"""One webhook: what it is told, how it is changed and tried; and its deliveries, each with what became of it."""

import json
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from descant.community.owners.lists import acted, again, id_in, is_taken, why_in
from descant.community.owners.webhooks import Wishing, said_of
from descant.community.paging import BadCursor, cursor_in, page_of
from descant.community.signed_in import Owning, for_owners
from descant.discussion.deciding import connecting as acts
from descant.discussion.posting import Refused
from descant.followups.models import Delivery
from descant.followups.webhooks.resending import resend, resend_dead, send_test
from descant.followups.webhooks.telling import NotTold, event_of
from descant.forums.models import Target
from descant.forums.webhooks.sending import body_of

KINDS = {
    Delivery.Kind.CREATED: gettext_lazy("a comment is shown"),
    Delivery.Kind.UPDATED: gettext_lazy("a comment is changed or decided about"),
    Delivery.Kind.TEST: gettext_lazy("a test"),
    Delivery.Kind.VERIFY: gettext_lazy("asked whether it wants to be told"),
}
STATES = {
    Delivery.State.WAITING: gettext_lazy("waits"),
    Delivery.State.TAKEN: gettext_lazy("has arrived"),
    Delivery.State.DEAD: gettext_lazy("has not arrived"),
    Delivery.State.DROPPED: gettext_lazy("was not sent"),
}
REASONS = {
    "off": gettext_lazy("The webhook was switched off."),
    "late": gettext_lazy("For days it did not come to be tried."),
    "hidden": gettext_lazy("The comment is not shown any more."),
    "gone": gettext_lazy("The comment is not there any more."),
}
DEAD_SHOWN = 999


class Changing(Wishing):
    """What a target shall be from now on."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.fields["dialect"].help_text = _(
            "Signed otherwise than so far, it gets a new secret, shown then."
        )


@for_owners("settings")
def webhook(owning: Owning, target_id: int) -> HttpResponse:
    """A new secret is in the answer to the press of the button and nowhere else."""
    target = _target(owning, target_id)
    posted = owning.request.POST
    for button, act in _BUTTONS.items():
        if button in posted:
            return act(owning, target)
    form, made = Changing(posted if "change" in posted else None, initial=_as_it_is(target)), None
    if "change" in posted and form.is_valid():
        before = target.secret
        if _is_changed(owning, form, target):
            target = _target(owning, target_id)
            if target.secret == before:
                return again(owning, _("The webhook is changed."))
            made = target
    elif "rotate" in posted:
        made = target = acts.rotate_secret(forum=owning.forum, by=owning.by, target_id=target_id)
    return owning.show(
        "community/owners/webhook.html", {"form": form, "made": made, **_shown(owning, target)}
    )


@for_owners("settings")
def delivery(owning: Owning, target_id: int, key: int) -> HttpResponse:
    """One delivery: each try, what is sent, and how the answer began."""
    target = _target(owning, target_id)
    found = Delivery.objects.filter(target=target, pk=key).first()
    if found is None:
        raise Http404
    if "resend" in owning.request.POST:
        return _resend(owning, target)
    found.target = target
    shown = {"line": _line(found), "target": target, "tries": _tries(found), "body": _body(found)}
    return owning.show("community/owners/delivery.html", shown)


def _shown(owning: Owning, target: Target) -> dict[str, Any]:
    rows = Delivery.objects.filter(target=target)
    try:
        before = cursor_in(owning.request.GET.get("before", ""))
    except BadCursor:
        before = None
    found, following = page_of(rows, "made_at", before)
    dead = rows.filter(state=Delivery.State.DEAD)[:DEAD_SHOWN].count()
    waits = any(each.state == Delivery.State.WAITING and each.due_at is None for each in found)
    lines = [_line(each) for each in found]
    return {**said_of(target), "lines": lines, "next": following, "dead": dead, "waits": waits}


def _line(delivery: Delivery) -> dict[str, Any]:
    last = delivery.log[-1] if delivery.log else None
    return {
        "delivery": delivery,
        "kind": KINDS[Delivery.Kind(delivery.kind)],
        "state": STATES[Delivery.State(delivery.state)],
        "last": _try(last) if last else None,
    }


def _tries(delivery: Delivery) -> list[dict[str, Any]]:
    """The latest first."""
    return [_try(each) for each in reversed(delivery.log)]


def _try(entry: dict[str, Any]) -> dict[str, Any]:
    return {
        **entry,
        "at": datetime.fromisoformat(entry["at"]),
        "why": REASONS.get(entry["why"], entry["why"]),
    }


def _body(delivery: Delivery) -> str:
    """What is sent if it goes out now, laid out to be read; nothing of what may not be told any more."""
    try:
        written = json.loads(body_of(delivery.target, event_of(delivery)))
    except NotTold:
        return ""
    return json.dumps(written, indent=2, ensure_ascii=False)


def _target(owning: Owning, target_id: int) -> Target:
    try:
        return acts.target_of(forum=owning.forum, by=owning.by, target_id=target_id)
    except Refused as refused:
        raise Http404 from refused


def _as_it_is(target: Target) -> dict[str, Any]:
    return {"url": target.url, "events": target.events, "dialect": target.dialect}


def _is_changed(owning: Owning, form: forms.Form, target: Target) -> bool:
    wish, forum, by = form.cleaned_data, owning.forum, owning.by
    act = partial(acts.change_target, forum=forum, by=by, target_id=target.pk, wish=wish)
    return is_taken(form, "url", act)


def _test(owning: Owning, target: Target) -> HttpResponse:
    send_test(target)
    return again(owning, _("The test is on its way: what becomes of it stands below."))


def _turn(owning: Owning, target: Target) -> HttpResponse:
    wish, forum, by = {"is_on": not target.is_on}, owning.forum, owning.by
    act = partial(acts.change_target, forum=forum, by=by, target_id=target.pk, wish=wish)
    return acted(owning, act, _("The webhook is changed."))


def _end(owning: Owning, target: Target) -> HttpResponse:
    acts.end_target(forum=owning.forum, by=owning.by, target_id=target.pk, why=why_in(owning))
    messages.success(owning.request, _("The address is told nothing any more."))
    return redirect(reverse("forum_webhooks", args=[owning.forum.name]))


def _resend(owning: Owning, target: Target) -> HttpResponse:
    resend(target, id_in(owning.request.POST["resend"]))
    return again(owning, _("It is sent again."))


def _resend_dead(owning: Owning, target: Target) -> HttpResponse:
    sent = resend_dead(target)
    words = ngettext("%(sent)s delivery is sent again.", "%(sent)s deliveries are sent again.", sent)
    return again(owning, words % {"sent": sent})


_BUTTONS: dict[str, Callable[[Owning, Target], HttpResponse]] = {
    "test": _test,
    "turn": _turn,
    "remove": _end,
    "resend": _resend,
    "resend_dead": _resend_dead,
}
