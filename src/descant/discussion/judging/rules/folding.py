"""What a text looks like at a glance, letter by letter, so that what is found there can be shown in the text itself.

Compatibility forms, case, accents and letters that look like plain Latin ones are taken away, and so is what is not
seen at all. Marks that make another letter of the one they stand on (vowel signs of India, the strokes of kana) stay.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from descant.accounts.naming import BARE, FILLERS, LOOKALIKE

KEPT_MOST = 20_000
# Combining classes of marks that are part of a letter: none, nukta, the voicing of kana, virama.
_OF_THE_LETTER = {0, 6, 7, 8, 9}
_UNSEEN = re.compile(f"[{FILLERS}\u180b-\u180f\ufe00-\ufe0f\U000e0000-\U000e0fff]")
_DISGUISED = re.compile(r"[^\W\d_][0134578$@]|[0134578$@][^\W\d_]")


@dataclass(frozen=True)
class Folded:
    """A folded text; ``starts`` says from which letter of the original each of its letters is, None: from its own."""

    text: str
    original: str
    starts: Sequence[int] | None = None

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where a stretch of the folded text stands in the original, with the marks that belong to it."""
        if self.starts is None:
            return start, end
        last = self.starts[end - 1] + 1
        while last < len(self.original) and not _folds[self.original[last]]:
            last += 1
        return self.starts[start], last

    def undisguised(self) -> "Folded | None":
        """The same with figures and signs read as the letters they look like; None if none stands at a letter."""
        if not _DISGUISED.search(self.text):
            return None
        return Folded(self.text.translate(LOOKALIKE), self.original, self.starts)


def fold(text: str) -> Folded:
    """A text as it looks; most take the short way."""
    if text.isascii():
        return Folded(text.lower(), text)
    pieces = list(map(_folds.__getitem__, text))
    folded = "".join(pieces)
    if all(len(piece) == 1 for piece in pieces):
        return Folded(folded, text)
    return Folded(folded, text, [at for at, piece in enumerate(pieces) for _letter in piece])


class _Folds(dict[str, str]):
    """What each letter looks like, found out once."""

    def __missing__(self, letter: str) -> str:
        if len(self) >= KEPT_MOST:
            self.clear()
        bare = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", letter).casefold())
        folded = self[letter] = "".join(each for each in bare.translate(BARE) if not _is_lost(each))
        return folded


def _is_lost(letter: str) -> bool:
    category = unicodedata.category(letter)
    if category in ("Mn", "Me"):
        is_accent = unicodedata.combining(letter) not in _OF_THE_LETTER
        return is_accent or category == "Me" or bool(_UNSEEN.match(letter))
    return category in ("Cf", "Cs", "Co", "Cn") or bool(_UNSEEN.match(letter))


_folds = _Folds()
