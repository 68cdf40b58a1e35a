"""Language, as far as it can be seen surely: the script that a comment is written in."""

import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

from django.utils.translation import gettext as _

from descant.discussion.judging.rules.subjects import BadRule, Finding, Said, Subject, texts_in

LETTERS_LEAST = 6  # fewer tell nothing: a name, a formula, a face
SHARE = 0.5
FOUND_MOST = 60

SCRIPTS = {
    "ARABIC", "ARMENIAN", "BENGALI", "CJK", "CYRILLIC", "DEVANAGARI", "ETHIOPIC", "GEORGIAN", "GREEK", "GUJARATI",
    "GURMUKHI", "HANGUL", "HEBREW", "HIRAGANA", "KANNADA", "KATAKANA", "KHMER", "LAO", "LATIN", "MALAYALAM",
    "MYANMAR", "SINHALA", "TAMIL", "TELUGU", "THAI", "TIBETAN",
}  # fmt: skip


@dataclass(frozen=True)
class Writing:
    """More than half of the letters are of other scripts than these."""

    asks: ClassVar[bool] = False
    scripts: frozenset[str]

    def find(self, subject: Subject) -> Finding | None:
        text = subject.text
        if text.isascii() and "LATIN" in self.scripts:
            return None
        foreign = [at for at, letter in enumerate(text) if letter.isalpha() and self._is_foreign(letter)]
        if len(foreign) < LETTERS_LEAST or len(foreign) <= SHARE * sum(map(str.isalpha, text)):
            return None
        start = end = foreign[0]
        while end < min(len(text), start + FOUND_MOST) and not (
            text[end].isalpha() and not self._is_foreign(text[end])
        ):
            end += 1
        found = text[start:end].rstrip()
        return Finding(found, (start, start + len(found)))

    def _is_foreign(self, letter: str) -> bool:
        return script_of(letter) not in self.scripts


def compile_writing(said: Said) -> Writing:
    """Make a rule ready that lets only some scripts pass.

    Raises:
        BadRule
    """
    scripts = {written.upper() for written in texts_in(said, "scripts", most=len(SCRIPTS), longest=20)}
    unknown = sorted(scripts - SCRIPTS)
    if unknown:
        known = ", ".join(sorted(SCRIPTS)).lower()
        told = {"script": unknown[0].lower(), "known": known}
        raise BadRule(_("“%(script)s” is no script that can be told: choose of %(known)s.") % told, "scripts")
    return Writing(frozenset(scripts))


@lru_cache(maxsize=20_000)
def script_of(letter: str) -> str:
    """The script of a letter, by its name: ``LATIN``, ``CYRILLIC``, ``CJK`` …"""
    plain = unicodedata.normalize("NFKD", letter)[0]  # full-width and mathematical letters are plain ones
    return unicodedata.name(plain, "").partition(" ")[0]
