"""Why a comment waits or is looked at, in plain words, and where in its text that was found."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from markupsafe import Markup, escape

from descant.discussion.models import Comment, Flag

# The plain codes, which are also what one can choose by.
CODES = {
    "premoderation_first": gettext_lazy("First comment of an account"),
    "premoderation_guests": gettext_lazy("Comment of a guest"),
    "premoderation_everybody": gettext_lazy("All comments wait on this forum"),
    "flags": gettext_lazy("Flagged by enough readers to be held"),
    "shadow_ban": gettext_lazy("Its author is banned in secret"),
}
FLAGS = {
    Flag.Reason.SPAM: gettext_lazy("Spam"),
    Flag.Reason.ABUSE: gettext_lazy("Abuse"),
    Flag.Reason.PRIVATE: gettext_lazy("Private matters"),
    Flag.Reason.OFF_TOPIC: gettext_lazy("Off topic"),
    Flag.Reason.OTHER: gettext_lazy("Something else"),
}
EFFECTS = {
    "mark": gettext_lazy("marked"),
    "hold": gettext_lazy("held"),
    "spam": gettext_lazy("called spam"),
}
STATES = {
    Comment.State.SHOWN: gettext_lazy("Shown"),
    Comment.State.WAITING: gettext_lazy("Waiting"),
    Comment.State.SPAM: gettext_lazy("Spam"),
    Comment.State.HIDDEN: gettext_lazy("Hidden"),
    Comment.State.DELETED: gettext_lazy("Deleted"),
}


@dataclass(frozen=True)
class Reason:
    """One reason: what to say, what was found, and what to choose comments like it by."""

    words: str
    found: str = ""
    chosen_by: str = ""


def reasons_of(comment: Comment) -> list[Reason]:
    """The reasons of a comment; a code that nobody knows any more is said as it stands."""
    return [_of_rule(each) if isinstance(each, dict) else _plain(str(each)) for each in comment.reasons]


def known_reasons(comments: Sequence[Comment]) -> dict[str, str]:
    """What one can choose by: the plain codes, and the rules that have met these comments."""
    known = {code: str(words) for code, words in CODES.items()}
    for comment in comments:
        for each in comment.reasons:
            if isinstance(each, dict) and each.get("rule"):
                known[f"rule-{each['rule']}"] = str(each.get("title", ""))
    return known


def marked_source(comment: Comment, reasons: Sequence[Any] | None = None) -> Markup | None:
    """The text as it was written, with what rules have found in it marked; None if they point at nothing."""
    reasons = comment.reasons if reasons is None else reasons
    spans = sorted(span for each in reasons if (span := _span(each, len(comment.text))))
    if not spans:
        return None
    pieces, at = [], 0
    for begin, end in spans:
        if end <= at:
            continue
        begin = max(begin, at)
        pieces += [escape(comment.text[at:begin]), Markup("<mark>"), escape(comment.text[begin:end])]
        pieces.append(Markup("</mark>"))
        at = end
    return Markup("").join([*pieces, escape(comment.text[at:])])


def _plain(code: str) -> Reason:
    return Reason(str(CODES.get(code, code)), chosen_by=code)


def _of_rule(told: dict[str, Any]) -> Reason:
    rule, version = told.get("rule"), told.get("version")
    effect = str(EFFECTS.get(str(told.get("effect")), ""))
    words = _("Rule “%(title)s” (version %(version)s): %(effect)s") % {
        "title": told.get("title") or told.get("kind") or rule,
        "version": version or 1,
        "effect": effect,
    }
    return Reason(words, str(told.get("found") or ""), f"rule-{rule}" if rule else "")


def _span(told: Any, length: int) -> tuple[int, int] | None:
    span = told.get("span") if isinstance(told, dict) else None
    if not (isinstance(span, list | tuple) and len(span) == 2 and all(type(each) is int for each in span)):
        return None
    begin, end = max(0, span[0]), min(length, span[1])
    return (begin, end) if begin < end else None
