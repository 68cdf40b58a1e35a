"""Who may do nothing that others would see, banned or while it is only read: asked by all acts of readers."""

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from descant.discussion.authors import Author
from descant.discussion.judging.origins import marks_of
from descant.forums import bans
from descant.forums.models import Forum
from descant.switches import check_writable


class Banned(Exception):
    """A ban that she is told of, with its reason and its end."""

    code = "banned"


def is_shut_out(forum: Forum, author: Author) -> bool:
    """Whether a ban meets her of which she is not told: she is answered as ever, and nothing comes of it.

    Raises:
        Banned: one that she is told of.
        SwitchedOff: nobody writes there just now.
    """
    check_writable(forum.name)
    if author.moderates:
        return False
    in_force = bans.in_force.of(forum)
    if not in_force:
        return False
    met = in_force.against(marks_of(author), author.address)
    if met is None or met.is_shadow:
        return met is not None
    if met.until is None:
        raise Banned(_("You cannot write here: %(reason)s") % {"reason": met.reason})
    told = {"until": date_format(timezone.localtime(met.until), "DATETIME_FORMAT"), "reason": met.reason}
    raise Banned(_("You cannot write here until %(until)s: %(reason)s") % told)
