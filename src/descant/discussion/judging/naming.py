"""The names guests give themselves: any, but none that claims to be the house."""

from django.conf import settings
from django.utils.translation import gettext as _

from descant.accounts.naming import is_reserved
from descant.discussion import text


class BadName(ValueError):
    """A name that a guest cannot have."""

    code = "bad_name"


def check_guest_name(name: str) -> None:
    """Raises: BadName: it is empty, too long, or looks like one of the house's own."""
    shown = text.one_line(name)
    if not shown:
        raise BadName(_("A comment needs a name: write the one others shall read."))
    if len(shown) > settings.DESCANT_NAME_MAX:
        raise BadName(
            _("The name has %(length)s characters, %(most)s are allowed: shorten it.")
            % {"length": len(shown), "most": settings.DESCANT_NAME_MAX}
        )
    if is_reserved(shown):
        raise BadName(_("This name is kept for the people who run the site: choose another."))
