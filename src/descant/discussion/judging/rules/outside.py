"""The rule that asks a judge outside: never while somebody waits, so here it only says that it is to be asked."""

from dataclasses import dataclass
from typing import ClassVar

from django.conf import settings
from django.utils.translation import gettext as _

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
        if not known:
            raise BadRule(_("This service is set up with no judge outside: ask its operator."), "classifier")
        told = _("Choose a judge that this service is set up with: %(names)s.")
        raise BadRule(told % {"names": ", ".join(sorted(known))}, "classifier")
    return Outside(name)
