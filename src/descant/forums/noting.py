"""What was changed of a forum, kept: a row for each act, written in the transaction of the act."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from descant.accounts.models import User
from descant.forums.models import Change, Forum, Rule


@dataclass(frozen=True)
class Noted:
    """Who changes something, and why; without anybody it is the operator."""

    by: User | None = None
    why: str = ""


@dataclass(frozen=True)
class About:
    """What is changed: by its name, as a person, or of settings each with what it was and what it is now."""

    name: str = ""
    said: Mapping[str, Any] = field(default_factory=dict)
    rule: Rule | None = None
    whom: User | None = None


OPERATOR = Noted()


def note_change(forum: Forum | None, what: Change.What, about: About, noted: Noted) -> None:
    """Write a row of the history; its caller holds the transaction.

    Args:
        forum: whose; None for what holds on all forums.
    """
    row = Change(forum=forum, rule=about.rule, whom=about.whom, by=noted.by, what=what)
    row.about, row.said, row.why = about.name[:255], dict(about.said), noted.why.strip()[:500]
    row.save(force_insert=True)
