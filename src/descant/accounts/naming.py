"""Names that claim to be the house: nobody gets one, neither an account nor a guest."""

import re
import unicodedata

from django_headroom.caching.slots import slot_of

# Raised when somebody is called otherwise: then no process of the machine goes by what it has read of names.
NAMES = slot_of("names", "of accounts")

RESERVED = {
    "admin", "administrator", "descant", "mod", "moderator", "owner", "root", "staff", "system", "webmaster",
}  # fmt: skip
# Letters, by their category, that show nothing.
FILLERS = "\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0"
# Words that a longer name must not have either: "Moderator Ann" is nobody's name.
OFFICES = {"admin", "administrator", "moderator", "webmaster"}
# Cyrillic, Greek, Armenian and rare Latin letters, as they look beside plain ones, small or large.
_LETTERS = dict(
    zip(
        "аеорсхуіјѕԁмтпгкшԝαοεικνμτηρχυωσςδγβօոսıɑɩłøđðᴀʙᴄᴅᴇɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ",
        "aeopcxyijsdmtnrkwwaoeiknmtnpxuwosdybonuiailoddabcdeijklmnoprstuvwyz",
        strict=True,
    )
)
BARE = str.maketrans(_LETTERS)
LOOKALIKE = str.maketrans({**_LETTERS, **dict(zip("0134578$@", "oieastbsa", strict=True))})


def is_reserved(name: str) -> bool:
    """Whether a name looks like one of the house's own; ``Moderator 2``, ``M0derat0r`` and ``Site Admin`` do."""
    looks = [skeleton(name, lookalikes) for lookalikes in (BARE, LOOKALIKE)]
    return any(
        re.sub(r"[^a-z]", "", look) in RESERVED or not OFFICES.isdisjoint(re.findall(r"[a-z]+", look))
        for look in looks
    )


def skeleton(name: str, lookalikes: dict[int, str]) -> str:
    """What a name looks like at a glance: compatibility forms, marks, case and lookalikes taken away."""
    seen = tidy(name)
    if seen.isascii():
        return seen.lower().translate(lookalikes)
    bare = unicodedata.normalize("NFKD", seen).casefold().translate(lookalikes)
    return "".join(letter for letter in bare if not unicodedata.combining(letter))


def tidy(name: str) -> str:
    """A name on one line, without characters that are not seen or that turn their neighbours."""
    if name.isascii() and name.isprintable():
        return " ".join(name.split())
    seen = "".join(" " if letter.isspace() else letter for letter in unicodedata.normalize("NFC", name))
    return " ".join("".join(each for each in seen if not _is_unseen(each)).split())


def _is_unseen(letter: str) -> bool:
    return letter in FILLERS or unicodedata.category(letter) in ("Cc", "Cf", "Cs", "Co", "Cn")
