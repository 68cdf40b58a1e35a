"""The rule that asks a judge outside: never while somebody waits, so here it only says that it is to be asked."""

from dataclasses import dataclass
from typing import ClassVar

from django.conf import settings

from descant.discussion.judging.rules.subjects import BadRule, Finding, Said, Subject


@dataclass(frozen=True)
class Outside:
    """A classifier that the operator has set up, by its name."""

    asks: ClassVar[bool] = False
    classifier: str

    def find(self, subject: Subject) -> Finding | None:
        return None


def compile_outside(said: Said) -> Outside:
    """Raises: BadRule: the operator has set up no such classifier."""
    known = settings.CLASSIFIERS
    name = said.get("classifier")
    if not isinstance(name, str) or name not in known:
        names = ", ".join(sorted(known)) or "none so far"
        raise BadRule(f"Choose a classifier that this service is set up with ({names}).")
    return Outside(name)
