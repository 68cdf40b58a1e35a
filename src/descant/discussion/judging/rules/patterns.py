"""Patterns: by RE2, whose time grows with the text and never with what somebody has written into it."""

from dataclasses import dataclass
from typing import Any, ClassVar

import re2
from django.utils.translation import gettext as _

from descant.discussion.judging.rules.folding import Folded
from descant.discussion.judging.rules.subjects import BadRule, Finding, Said, Subject, beside_the_text

LETTERS_MOST = 500
STEPS_MOST = 2_000  # of the program a pattern becomes; its time is at most that many steps for each letter
MEMORY_MOST = 4 << 20


@dataclass(frozen=True)
class Pattern:
    """A pattern, searched in the text as it was written, then in the author's name and site."""

    asks: ClassVar[bool] = False
    compiled: Any

    def find(self, subject: Subject) -> Finding | None:
        match = self.compiled.search(subject.text)
        if match is not None:
            return Finding(match.group(), match.span())
        return beside_the_text(subject, self._beside)

    def _beside(self, folded: Folded) -> Finding | None:
        match = self.compiled.search(folded.original)
        return None if match is None else Finding(match.group())


def compile_pattern(said: Said) -> Pattern:
    """Make a pattern ready; ``case`` says that capitals matter.

    Raises:
        BadRule: it is wrong, matches nothing at all, or would take too long.
    """
    written = said.get("pattern")
    if not isinstance(written, str) or not written:
        raise BadRule(_("Write the pattern that is looked for."), "pattern")
    if len(written) > LETTERS_MOST:
        told = {"number": len(written), "most": LETTERS_MOST}
        sentence = _("The pattern has %(number)s characters, %(most)s are allowed: make two of it.")
        raise BadRule(sentence % told, "pattern")
    compiled = as_pattern(written, case=bool(said.get("case", False)))
    if compiled.programsize > STEPS_MOST:
        raise BadRule(_("The pattern repeats too much: write smaller numbers between its braces."), "pattern")
    if compiled.search("") is not None:
        raise BadRule(
            _("The pattern meets every text, also an empty one: let it ask for something."), "pattern"
        )
    return Pattern(compiled)


def as_pattern(written: str, *, case: bool = False) -> Any:
    """A pattern of RE2 that finds where something stands, and no groups in it."""
    options = re2.Options()
    options.max_mem, options.log_errors, options.case_sensitive = MEMORY_MOST, False, case
    options.never_capture = True
    try:
        return re2.compile(written, options)
    except re2.error as error:
        said = error.args[0] if error.args else ""
        reason = said.decode(errors="replace") if isinstance(said, bytes) else str(said)
        sentence = _(
            "The pattern cannot be read: %(reason)s. Patterns are RE2’s, which knows no look-around "
            "and no back-references."
        )
        raise BadRule(sentence % {"reason": reason}, "pattern") from None
