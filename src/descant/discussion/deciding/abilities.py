"""What each role of a forum may do: the one table, read by acts and by the page that shows it."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from descant.discussion.authors import Author
from descant.discussion.posting import Refused
from descant.forums.models import Forum, Role
from descant.switches import check_writable

_OWNER, _MODERATOR, _TRUSTED = Role.Kind.OWNER, Role.Kind.MODERATOR, Role.Kind.TRUSTED

# Ability -> what it is, in words, and which roles have it.
ABILITIES = {
    "post_unheld": (gettext_lazy("write without being held"), {_OWNER, _MODERATOR, _TRUSTED}),
    "decide": (gettext_lazy("approve, hide, delete, restore and edit comments"), {_OWNER, _MODERATOR}),
    "threads": (gettext_lazy("close, reopen, merge and pin in threads"), {_OWNER, _MODERATOR}),
    "ban": (gettext_lazy("ban people, and lift bans"), {_OWNER, _MODERATOR}),
    "undo": (gettext_lazy("undo what was decided, also by others"), {_OWNER, _MODERATOR}),
    "rules": (gettext_lazy("write rules, try them and switch them on"), {_OWNER, _MODERATOR}),
    "settings": (gettext_lazy("change domains, keys, look, policy and transparency"), {_OWNER}),
    "roles": (gettext_lazy("name moderators and trusted people"), {_OWNER}),
    "open": (gettext_lazy("open another forum"), {_OWNER}),
}


class NotAModerator(Refused):
    code = "not_a_moderator"


def has_ability(author: Author, ability: str) -> bool:
    """Whether a person may do this on the forum her role is of."""
    return author.role in ABILITIES[ability][1]


def check_may(author: Author, ability: str, forum: Forum) -> None:
    """Whether a person may change something of a forum.

    Raises:
        NotAModerator: she may not.
        SwitchedOff: nobody may just now: it is only read.
    """
    check_ability(author, ability)
    check_writable(forum.name)


def check_ability(author: Author, ability: str) -> None:
    """Raises: NotAModerator: she may not."""
    if not has_ability(author, ability):
        raise NotAModerator(_("Only moderators of this forum can do that: sign in as one."))
