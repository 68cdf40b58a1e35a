"""Forums and what belongs to them; all in the global database."""

from descant.forums.models.forum import (
    FORUM_NAME,
    Ban,
    Change,
    Domain,
    Forum,
    Key,
    Premoderation,
    Role,
    Rule,
    RuleVersion,
    WhenUnjudged,
)
from descant.forums.models.remembered import NETWORK, Fingerprint, Lesson, Weight

__all__ = [
    "FORUM_NAME",
    "NETWORK",
    "Ban",
    "Change",
    "Domain",
    "Fingerprint",
    "Forum",
    "Key",
    "Lesson",
    "Premoderation",
    "Role",
    "Rule",
    "RuleVersion",
    "Weight",
    "WhenUnjudged",
]
