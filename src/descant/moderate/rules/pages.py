"""The pages of rules: the list, the kinds to choose from, and one rule with its form and its history."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from descant.forums.models import Change, Rule, RuleVersion
from descant.moderate.asking import Desk, at_the_desk
from descant.moderate.pages.drawing import draw
from descant.moderate.rules.asking import NETWORK, Draft, form_for, forum_of, rule_of, rules_on
from descant.moderate.rules.forms import FORMS
from descant.moderate.rules.kinds import DOES, kind_words, offered

VERSIONS_SHOWN = 50
DONE = {
    Change.What.RULE_WRITTEN: gettext_lazy("Written"),
    Change.What.RULE_CHANGED: gettext_lazy("Changed"),
    Change.What.RULE_ON: gettext_lazy("Switched on"),
    Change.What.RULE_OFF: gettext_lazy("Switched off"),
    Change.What.RULE_ENDED: gettext_lazy("Ended"),
}


@require_safe
@at_the_desk
def rules(desk: Desk) -> HttpResponse:
    """The rules that hold on her forums: their own, and the network's."""
    name = desk.request.GET.get("forum", "")
    return _draw(desk, "rules/list.html", {"rules": rules_on(desk, name), "forum": name})


@require_safe
@at_the_desk
def new(desk: Desk) -> HttpResponse:
    """A new rule: first its kind is chosen, then the form of the kind is there to fill in."""
    asked = desk.request.GET
    whose, kind = asked.get("whose", ""), asked.get("kind", "")
    forum_of(desk, whose)
    if not kind:
        return _draw(desk, "rules/kinds.html", {"whose": whose})
    return draw_rule(desk, Draft(whose, form_for(kind)()))


@require_safe
@at_the_desk
def one(desk: Desk) -> HttpResponse:
    """A rule: what it says, to change it or try it, and what was done to it."""
    whose = desk.request.GET.get("whose", "")
    rule = rule_of(desk, whose, desk.request.GET.get("rule", ""))
    return draw_rule(desk, Draft(whose, FORMS[rule.kind].of(rule), rule))


def draw_rule(desk: Desk, draft: Draft, **more: Any) -> HttpResponse:
    """The page of a rule; what its form was filled in with is there again."""
    given = {"draft": draft, "form": draft.form, "rule": draft.rule, "whose": draft.whose}
    given["may_change"] = draft.whose != NETWORK or desk.user.is_staff
    given["history"] = _history(draft.rule) if draft.rule else []
    return _draw(desk, "rules/one.html", {**given, "trial": None, **more})


def _draw(desk: Desk, template: str, given: dict[str, Any]) -> HttpResponse:
    words = {
        "kinds": offered(),
        "kind_words": kind_words,
        "effect_words": DOES,
        "network": NETWORK,
        "said_of": _said_of,
    }
    return draw(desk, template, {**words, **given})


def _history(rule: Rule) -> Sequence[tuple[Change, str, RuleVersion | None]]:
    """What was done to it, the last first, with the version that came of it."""
    rows = Change.objects.filter(rule=rule).select_related("by").order_by("-made_at", "-id")[:VERSIONS_SHOWN]
    versions = {each.version: each for each in rule.versions.order_by("-version", "-id")[:VERSIONS_SHOWN]}
    return [(row, str(DONE[Change.What(row.what)]), versions.get(row.said.get("version"))) for row in rows]


def _said_of(kind: str, said: dict[str, Any]) -> Sequence[tuple[str, str]]:
    """What a version of a rule says, by the words of its form."""
    fields = FORMS[kind].base_fields
    named = FORMS[kind].fields_of(said)
    return [
        (str(fields[name].label), _value(fields[name], value))
        for name, value in named.items()
        if name in fields
    ]


def _value(field: Any, value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    words = dict(getattr(field, "choices", ()))
    return ", ".join(str(words.get(each, each)) for each in (value if isinstance(value, list) else [value]))
