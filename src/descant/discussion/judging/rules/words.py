"""Words and phrases: however long the list, a text is passed once.

A text is cut into words, and words are looked up; nothing is searched for word by word. Scripts that put no spaces
between words are cut into letters, so that there a word is found wherever it stands.
"""

import re
import sys
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from django.utils.translation import gettext as _

from descant.discussion.judging.rules.folding import Folded, fold
from descant.discussion.judging.rules.subjects import (
    BadRule,
    Finding,
    Said,
    Subject,
    beside_the_text,
    texts_in,
)

WORDS_MOST = 20_000
LETTERS_MOST = 100
SPACED_LEAST, SPACED_MOST = 3, 20  # letters of a word that is written l-i-k-e t.h.i.s
GAP_MOST = 3

# Han, kana, Thai, Lao, Burmese, Khmer.
_UNSPACED = (
    "\u3040-\u30ff\u31f0-\u31ff\u3400-\u9fff\U00020000-\U0003ffff\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"
)
_SIGNS = "\u2600-\u27bf\U0001f000-\U0001faff"


def _marks() -> str:
    """All that stands on letters and is not lost in folding, as ranges for a class of letters."""
    numbers = [n for n in range(sys.maxunicode + 1) if unicodedata.category(chr(n)) in ("Mn", "Mc")]
    groups: dict[int, list[int]] = {}
    for place, number in enumerate(numbers):
        groups.setdefault(number - place, []).append(number)
    return "".join(f"{chr(each[0])}-{chr(each[-1])}" for each in groups.values())


_MARKS = _marks()
_WORD = re.compile(
    f"[{_UNSPACED}][{_MARKS}]*|[^\\W_{_UNSPACED}](?:[^\\W_{_UNSPACED}]|[{_MARKS}])*|[{_SIGNS}]"
)
_LETTER = re.compile(f"[^\\W\\d_{_UNSPACED}]")
_APART = re.compile(rf"(?:(?<!\w)[^\W\d_]\W{{1,{GAP_MOST}}}){{2}}[^\W\d_](?!\w)")


def words_of(folded: str) -> list[str]:
    """The words of a folded text, in their order."""
    return _WORD.findall(folded)


@dataclass(slots=True)
class _Node:
    """A place on the way through the phrases: what may come next, and what ends here."""

    after: dict[str, "_Node"] = field(default_factory=dict)
    ends: bool = False
    beginnings: set[str] = field(default_factory=set)  # of words that may end in any way
    lengths: set[int] = field(default_factory=set)

    def begins(self, word: str) -> bool:
        return any(word[:length] in self.beginnings for length in self.lengths)


@dataclass(frozen=True)
class Words:
    """A list of words and phrases, looked up in the text, then in the author's name and site."""

    asks: ClassVar[bool] = False
    root: _Node

    def find(self, subject: Subject) -> Finding | None:
        return self._first(subject.folded) or beside_the_text(subject, self._first)

    def _first(self, folded: Folded) -> Finding | None:
        looks = (folded, folded.undisguised())
        spans = (self._span(look.text) for look in looks if look is not None)
        span = next((span for span in spans if span is not None), None)
        if span is None:
            return None
        start, end = folded.span(*span)
        return Finding(folded.original[start:end], (start, end))

    def _span(self, text: str) -> tuple[int, int] | None:
        words = _WORD.findall(text)
        if self._may_hold(words):
            places = [match.span() for match in _WORD.finditer(text)]
            for at in range(len(words)):
                length = _longest(self.root, words, at)
                if length:
                    return places[at][0], places[at + length - 1][1]
        return self._spaced(text) if _APART.search(text) else None

    def _may_hold(self, words: Sequence[str]) -> bool:
        """Most texts hold no word of the list at all, and this is known at once."""
        if not self.root.after.keys().isdisjoint(words):
            return True
        beginnings = self.root.beginnings
        return any(
            not beginnings.isdisjoint([word[:length] for word in words]) for length in self.root.lengths
        )

    def _spaced(self, text: str) -> tuple[int, int] | None:
        for run in _runs(text):
            letters = "".join(match.group() for match in run)
            for at in range(len(run) - SPACED_LEAST + 1):
                for end in range(at + SPACED_LEAST, min(len(run), at + SPACED_MOST) + 1):
                    node = self.root.after.get(letters[at:end])
                    if node is not None and node.ends:
                        return run[at].start(), run[end - 1].end()
        return None


def compile_words(said: Said) -> Words:
    """Make a list ready: each entry one word or several; a star at its end stands for any ending.

    Raises:
        BadRule
    """
    root = _Node()
    for entry in texts_in(said, "words", most=WORDS_MOST, longest=LETTERS_MOST):
        bare = entry.removesuffix("*")
        words = words_of(fold(bare).text)
        if not words:
            told = _("“%(entry)s” holds no word: write letters or figures.")
            raise BadRule(told % {"entry": entry}, "words")
        if bare != entry and len(words[-1]) < SPACED_LEAST and len(words) == 1:
            told = _("“%(entry)s” would meet half the dictionary: write three letters before the star.")
            raise BadRule(told % {"entry": entry}, "words")
        _add(root, words, any_ending=bare != entry)
    return Words(root)


def _add(root: _Node, words: Sequence[str], *, any_ending: bool) -> None:
    node = root
    for word in words[:-1] if any_ending else words:
        node = node.after.setdefault(word, _Node())
    if any_ending:
        node.beginnings.add(words[-1])
        node.lengths.add(len(words[-1]))
    else:
        node.ends = True


def _longest(root: _Node, words: Sequence[str], at: int) -> int:
    """How many words, from this one on, are an entry of the list; 0 for none."""
    node, longest = root, 0
    for length, word in enumerate(words[at:] if at else words, start=1):
        if node.lengths and node.begins(word):
            longest = length
        following = node.after.get(word)
        if following is None:
            break
        node = following
        if node.ends:
            longest = length
    return longest


def _runs(text: str) -> Iterator[list[re.Match[str]]]:
    """Letters that stand alone, near each other."""
    run: list[re.Match[str]] = []
    for match in _WORD.finditer(text):
        if run and match.start() - run[-1].end() > GAP_MOST:
            yield from _long_enough(run)
            run = []
        if _LETTER.fullmatch(match.group()):
            run.append(match)
            continue
        yield from _long_enough(run)
        run = []
    yield from _long_enough(run)


def _long_enough(run: list[re.Match[str]]) -> Iterable[list[re.Match[str]]]:
    return [run] if len(run) >= SPACED_LEAST else []
