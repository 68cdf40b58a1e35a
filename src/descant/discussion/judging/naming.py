"""The names guests give themselves: any, but none that claims to be the house."""

import re
import unicodedata

from django.conf import settings

from descant.discussion import text

RESERVED = {"admin", "administrator", "moderator", "mod", "owner", "staff", "descant", "system", "webmaster"}
_LOOKALIKE = str.maketrans("аеорсхуіјѕԁο0134578$@", "aeopcxyijsdooieastbsa")


class BadName(ValueError):
    """A name that a guest cannot have."""

    code = "bad_name"


def check_guest_name(name: str) -> None:
    """Raises: BadName: it is empty, too long, or looks like one of the house's own."""
    shown = text.one_line(name)
    if not shown:
        raise BadName("A comment needs a name: write the one others shall read.")
    if len(shown) > settings.DESCANT_NAME_MAX:
        raise BadName(f"The name is longer than {settings.DESCANT_NAME_MAX} characters: shorten it.")
    if skeleton(shown) in RESERVED:
        raise BadName("This name is kept for the people who run the site: choose another.")


def skeleton(name: str) -> str:
    """What a name looks like at a glance: compatibility forms, marks, case and lookalikes taken away."""
    bare = unicodedata.normalize("NFKD", name).casefold().translate(_LOOKALIKE)
    return re.sub(r"[^a-z]", "", bare)
