"""Whom and what a failed request has touched, as far as it is known without asking a database."""

from typing import Any

from django.http import HttpRequest

from django_headroom.operations.switches import declared, is_on, knowing

FORUM_NAMES = ("shortname", "forum", "name")


def touched_by(request: HttpRequest | None) -> dict[str, Any]:
    """What the errors of the site are told besides; see ``ERRORS_CONTEXT`` of the toolkit."""
    if request is None:
        return {"tags": switch_states}
    user = getattr(request, "_cached_user", None)
    person = getattr(user, "pk", None) or request.META.get("REMOTE_ADDR")
    return {"person": person, "tenant": _forum_of(request), "tags": switch_states}


def switch_states() -> dict[str, str]:
    """How the switches of the site stand: on, off, or for how many."""
    return {f"switch {name}": _standing(name) for name in declared()}


def _standing(name: str) -> str:
    is_for_all, rule = is_on(name), knowing.rule_of(name)
    if rule is None or isinstance(knowing.answers[name], bool):
        return "on" if is_for_all else "off"
    return f"for {rule.percent:g} %" if rule.percent else "for some"


def _forum_of(request: HttpRequest) -> str:
    named = request.resolver_match.kwargs if request.resolver_match else {}
    return next((str(named[each]) for each in FORUM_NAMES if each in named), "") or request.GET.get(
        "forum", ""
    )
