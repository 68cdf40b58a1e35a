"""Forums and what belongs to them; all in the global database."""

from descant.forums.models.categories import (
    CATEGORIES_MOST,
    CATEGORY_TITLE_MOST,
    Category,
    categories_of,
    category_named,
    category_with,
)
from descant.forums.models.forum import (
    FORUM_NAME,
    GENERAL,
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
    "CATEGORIES_MOST",
    "CATEGORY_TITLE_MOST",
    "FORUM_NAME",
    "GENERAL",
    "NETWORK",
    "Ban",
    "Category",
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
    "categories_of",
    "category_named",
    "category_with",
    "digest_of",
]
