"""Rules written, changed, switched on and off, and ended; each hands over to an act and says what came of it."""

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from descant.discussion.deciding.ruling import CannotRule, change_rule, end_rule, make_rule, switch_rule
from descant.forums.models import Rule
from descant.moderate.acts.comments import text_in
from descant.moderate.asking import Desk, at_the_desk
from descant.moderate.refusing import BadRequest
from descant.moderate.rules.asking import Draft, by_for, draft_in, forum_of, rule_of
from descant.moderate.rules.pages import draw_rule

STATES = ("on", "off", "end")


@require_POST
@at_the_desk
def write(desk: Desk) -> HttpResponse:
    """Save a rule: a new one switched off, one that is there in a new version."""
    draft = draft_in(desk)
    if not draft.form.is_valid():
        return draw_rule(desk, draft)
    try:
        rule = _saved(desk, draft)
    except CannotRule as bad:
        draft.form.add_error(bad.field if bad.field in draft.form.fields else None, str(bad))
        return draw_rule(desk, draft)
    words = (
        _("Saved as version %(version)s.")
        if draft.rule
        else _("Saved. It is off: try it, then switch it on.")
    )
    messages.success(desk.request, words % {"version": rule.version} if draft.rule else words)
    return _to(draft.whose, rule)


@require_POST
@at_the_desk
def switch(desk: Desk) -> HttpResponse:
    """Let a rule bite, or no more, or end it for good."""
    whose, state = text_in(desk.request, "whose"), text_in(desk.request, "state")
    if state not in STATES:
        raise BadRequest(_("Say what shall become of the rule: choose one of the buttons."))
    forum, rule = forum_of(desk, whose), rule_of(desk, whose, text_in(desk.request, "rule"))
    by, why = by_for(desk, forum), text_in(desk.request, "why")
    if state == "end":
        done, words = end_rule(forum=forum, rule=rule, by=by, why=why), _("The rule is ended.")
    else:
        done = switch_rule(forum=forum, rule=rule, is_on=state == "on", by=by, why=why)
        words = (
            _("The rule is on: new comments are judged by it.") if state == "on" else _("The rule is off.")
        )
    messages.success(desk.request, words if done else _("Somebody has done this meanwhile."))
    return _to(whose, rule)


def _saved(desk: Desk, draft: Draft) -> Rule:
    forum, form = forum_of(desk, draft.whose), draft.form
    said = {"title": form.cleaned_data["title"], "effect": form.cleaned_data["effect"], "said": form.said}
    by, why = by_for(desk, forum), form.cleaned_data["why"]
    if draft.rule is None:
        return make_rule(forum=forum, kind=draft.kind, by=by, why=why, **said)
    if text_in(desk.request, "version") != str(draft.rule.version):
        draft.rule.version = 0  # which nobody has: the act tells her that it was changed meanwhile
    return change_rule(forum=forum, rule=draft.rule, by=by, why=why, **said)


def _to(whose: str, rule: Rule) -> HttpResponse:
    named = urlencode({"whose": whose, "rule": str(rule.pk)})
    return HttpResponseRedirect(f"/moderate/rules/one/?{named}")
