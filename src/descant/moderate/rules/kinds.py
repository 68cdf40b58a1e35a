"""The kinds of rules in plain words: what each is called, and what it is good for."""

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from descant.forums.models import Rule

Kind = Rule.Kind
# What it is called, and what it meets.
KINDS = {
    Kind.WORDS: (_("Words and phrases"), _("A word of a list, however it is disguised.")),
    Kind.PATTERN: (_("A pattern"), _("For those who know regular expressions.")),
    Kind.LINKS: (_("Links"), _("More links than a number, or links to certain sites.")),
    Kind.FIRST: (_("First comments"), _("An account’s first comments, and those of guests.")),
    Kind.AGE: (_("Young accounts"), _("Accounts that were opened a short while ago.")),
    Kind.ADDRESS: (_("Addresses"), _("Ranges of network addresses.")),
    Kind.LANGUAGE: (_("Scripts"), _("Comments in other letters than those of your readers.")),
    Kind.RATE: (_("Haste"), _("One person who writes much in a short time.")),
    Kind.DOUBLE: (_("The same text again"), _("What was said before, word by word.")),
    Kind.ALIKE: (_("Texts that are alike"), _("A flood of texts that differ by a word or two.")),
    Kind.SCORE: (_("Like spam"), _("What is like that which you and others have called spam.")),
    Kind.OUTSIDE: (_("A judge outside"), _("What a service such as Akismet calls spam.")),
}
DOES = {
    Rule.Effect.MARK: _("marks"),
    Rule.Effect.HOLD: _("holds"),
    Rule.Effect.SPAM: _("puts with the spam"),
}
# The scripts that can be told: `judging.rules.writing`.
SCRIPT_WORDS = {
    "arabic": _("Arabic"),
    "armenian": _("Armenian"),
    "bengali": _("Bengali"),
    "cjk": _("Chinese characters"),
    "cyrillic": _("Cyrillic"),
    "devanagari": _("Devanagari"),
    "ethiopic": _("Ethiopic"),
    "georgian": _("Georgian"),
    "greek": _("Greek"),
    "gujarati": _("Gujarati"),
    "gurmukhi": _("Gurmukhi"),
    "hangul": _("Korean"),
    "hebrew": _("Hebrew"),
    "hiragana": _("Japanese hiragana"),
    "kannada": _("Kannada"),
    "katakana": _("Japanese katakana"),
    "khmer": _("Khmer"),
    "lao": _("Lao"),
    "latin": _("Latin"),
    "malayalam": _("Malayalam"),
    "myanmar": _("Burmese"),
    "sinhala": _("Sinhala"),
    "tamil": _("Tamil"),
    "telugu": _("Telugu"),
    "thai": _("Thai"),
    "tibetan": _("Tibetan"),
}


def offered() -> dict[str, tuple[str, str]]:
    """The kinds that can be chosen: without a judge outside there is none to ask."""
    return {
        str(kind): (str(name), str(meets))
        for kind, (name, meets) in KINDS.items()
        if kind != Kind.OUTSIDE or settings.CLASSIFIERS
    }


def kind_words(kind: str) -> str:
    return str(KINDS[Kind(kind)][0])
