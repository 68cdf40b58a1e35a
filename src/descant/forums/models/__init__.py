"""Forums and what belongs to them; all in the global database."""

from descant.forums.models.forum import (
    FORUM_NAME,
    Ban,
    Change,
    Domain,
    Forum,
    Premoderation,
    Role,
    Rule,
    RuleVersion,
    WhenUnjudged,
)
from descant.forums.models.invitations import Invitation
from descant.forums.models.keys import KeptAnswer, Key, KeyHour, digest_of
from descant.forums.models.remembered import NETWORK, Fingerprint, Lesson, Weight
from descant.forums.models.webhooks import Target

__all__ = [
    "FORUM_NAME",
    "NETWORK",
    "Ban",
    "Change",
    "Domain",
    "Fingerprint",
    "Forum",
    "Invitation",
    "KeptAnswer",
    "Key",
    "KeyHour",
    "Lesson",
    "Premoderation",
    "Role",
    "Rule",
    "RuleVersion",
    "Target",
    "Weight",
    "WhenUnjudged",
    "digest_of",
]
