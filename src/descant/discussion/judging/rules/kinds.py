"""The kinds of rules: how each is made ready, and whether it can be tried on what was said before."""

from collections.abc import Callable

from django.utils.translation import gettext as _

from descant.discussion.judging.rules.links import compile_links
from descant.discussion.judging.rules.outside import compile_outside
from descant.discussion.judging.rules.patterns import compile_pattern
from descant.discussion.judging.rules.people import (
    compile_addresses,
    compile_age,
    compile_first,
    compile_rate,
)
from descant.discussion.judging.rules.repeats import compile_alike, compile_double
from descant.discussion.judging.rules.score import compile_score
from descant.discussion.judging.rules.subjects import BadRule, Finder, Said
from descant.discussion.judging.rules.words import compile_words
from descant.discussion.judging.rules.writing import compile_writing
from descant.forums.models import Rule

KINDS: dict[str, Callable[[Said], Finder]] = {
    Rule.Kind.WORDS: compile_words,
    Rule.Kind.PATTERN: compile_pattern,
    Rule.Kind.LINKS: compile_links,
    Rule.Kind.FIRST: compile_first,
    Rule.Kind.AGE: compile_age,
    Rule.Kind.ADDRESS: compile_addresses,
    Rule.Kind.LANGUAGE: compile_writing,
    Rule.Kind.RATE: compile_rate,
    Rule.Kind.DOUBLE: compile_double,
    Rule.Kind.ALIKE: compile_alike,
    Rule.Kind.SCORE: compile_score,
    Rule.Kind.OUTSIDE: compile_outside,
}


def compile_rule(kind: str, said: Said) -> Finder:
    """Make what a rule says ready.

    Raises:
        BadRule: it cannot be followed; the message says what to write instead.
    """
    if kind not in KINDS:
        kinds = ", ".join(Rule.Kind.values)
        raise BadRule(_("A rule is of one of these kinds: %(kinds)s.") % {"kinds": kinds})
    return KINDS[kind](said)
