"""Names that claim to be the house: nobody gets one, neither an account nor a guest."""

import re
import unicodedata

RESERVED = {
    "admin", "administrator", "descant", "mod", "moderator", "owner", "root", "staff", "system", "webmaster",
}  # fmt: skip
_LOOKALIKE = str.maketrans("аеорсхуіјѕԁο0134578$@", "aeopcxyijsdooieastbsa")
_BARE = str.maketrans("аеорсхуіјѕԁο", "aeopcxyijsdo")


def is_reserved(name: str) -> bool:
    """Whether a name looks like one of the house's own; ``Moderator 2`` and ``M0derat0r`` do."""
    return skeleton(name) in RESERVED or skeleton(name, _BARE) in RESERVED


def skeleton(name: str, lookalikes: dict[int, int] = _LOOKALIKE) -> str:
    """What a name looks like at a glance: compatibility forms, marks, case and lookalikes taken away."""
    bare = unicodedata.normalize("NFKD", name).casefold().translate(lookalikes)
    return re.sub(r"[^a-z]", "", bare)


def tidy(name: str) -> str:
    """A name on one line, without characters that are not seen or that turn their neighbours."""
    seen = "".join(" " if letter.isspace() else letter for letter in unicodedata.normalize("NFC", name))
    return " ".join("".join(each for each in seen if unicodedata.category(each) not in _UNSEEN).split())


_UNSEEN = ("Cc", "Cf", "Cs", "Co", "Cn")
