"""Which rule somebody at a desk means: one of her forums, or of the network, which only its staff may change."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from descant.discussion.authors import Author
from descant.forums.models import Forum, Rule
from descant.moderate.acts.comments import text_in
from descant.moderate.asking import Desk
from descant.moderate.refusing import NotYours
from descant.moderate.rules.forms import FORMS, Rules
from descant.moderate.rules.kinds import offered

RULES_SHOWN = 300
NETWORK = "*"  # in the place of a forum's name: no forum is called so


@dataclass(frozen=True)
class Draft:
    """A rule as a form has it: a new one, or one that is there with what it shall say."""

    whose: str  # a forum's name, or NETWORK
    form: Rules
    rule: Rule | None = None

    @property
    def kind(self) -> str:
        return str(self.form.kind)

    def as_rule(self, forum: Forum | None) -> Rule:
        """What the form says, as a rule that nobody has saved; of a form that is valid."""
        said = self.form.cleaned_data
        return Rule(
            forum=forum, kind=self.kind, title=said["title"], said=self.form.said, effect=said["effect"]
        )


def forum_of(desk: Desk, whose: str) -> Forum | None:
    """The forum that a rule is of; None for all forums.

    Raises:
        NotYours
    """
    if whose == NETWORK and desk.user.is_staff:
        return None
    return desk.forum(whose)


def by_for(desk: Desk, forum: Forum | None) -> Author:
    """Who she is to the acts on a rule."""
    return desk.author(forum) if forum is not None else Author(user=desk.user)


def rules_on(desk: Desk, name: str) -> Sequence[Rule]:
    """The rules of her forums and of the network, without what they say, which may be long."""
    forums = [forum.pk for forum in desk.looked_at("" if name == NETWORK else name)]
    hers = Q(forum=None) if name == NETWORK else Q(forum=None) | Q(forum__in=forums)
    rows = Rule.objects.filter(hers, ended_at=None).select_related("forum", "changed_by").defer("said")
    return list(rows.order_by("forum__name", "title", "id")[:RULES_SHOWN])


def rule_of(desk: Desk, whose: str, written: str) -> Rule:
    """A rule of one of her forums, or of the network, which everybody at a desk may read.

    Raises:
        NotYours, Rule.DoesNotExist
    """
    forum = None if whose == NETWORK else desk.forum(whose)
    key = int(written) if written.isdecimal() and len(written) <= 18 else 0
    return Rule.objects.select_related("changed_by").get(pk=key, forum=forum)


def draft_in(desk: Desk) -> Draft:
    """What was sent of a rule.

    Raises:
        NotYours, Rule.DoesNotExist
    """
    whose, written = text_in(desk.request, "whose"), text_in(desk.request, "rule")
    forum_of(desk, whose)
    rule = rule_of(desk, whose, written) if written else None
    form = form_for(rule.kind if rule else text_in(desk.request, "kind"))
    return Draft(whose, form(_without_nul(desk.request.POST)), rule)


def form_for(kind: str) -> type[Rules]:
    """Raises: NotYours: there is no such kind, or none that can be chosen."""
    if kind not in FORMS or kind not in offered():
        raise NotYours(kind)
    return FORMS[kind]


def _without_nul(posted: Any) -> Any:
    """PostgreSQL cannot keep it."""
    clean = posted.copy()
    for name in clean:
        clean.setlist(name, [value.replace("\0", "") for value in clean.getlist(name)])
    return clean
