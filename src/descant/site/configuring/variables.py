"""What the environment says of a site: each variable read by its type, and none that nobody knows."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from django.conf import global_settings
from django.core.exceptions import ImproperlyConfigured

PREFIX = "DESCANT_"
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
VERIFICATIONS = ("mandatory", "optional", "none")
VERY_LIKE = 0.85  # of 1: a slip of the hand, not another word
# Read where they are needed: by the command that starts a site, by its demo, and where databases are named.
READ_ELSEWHERE = {
    "DESCANT_DATABASE",
    "DESCANT_DEMO_FORUM",
    "DESCANT_DEMO_URL",
    "DESCANT_PARTITIONS",
    "DESCANT_SERVICE_URL",
}
OF_DATABASES = re.compile(r"DESCANT_(DATABASE|PARTITION_[0-9]+)(_REPLICAS)?")
OF_TESTS = re.compile(r"DESCANT_TEST_[A-Z]+")
# A service named "descant" has Kubernetes set these in every container beside it.
OF_KUBERNETES = re.compile(r"DESCANT_(SERVICE_(HOST|PORT(_[A-Z0-9_]+)?)|PORT_[0-9]+_(TCP|UDP)(_[A-Z]+)?)")


@dataclass(frozen=True)
class Reading:
    """A variable as it was read: what it may be, what it is without a word, and what was said."""

    kind: str
    default: str
    said: str | None


class Variables:
    """The variables of an environment, each read by the method of its type, which keeps that it was asked.

    An empty variable is one that is not set. Every method raises ImproperlyConfigured for what it cannot read; the
    message says what to write.

    >>> Variables({"DESCANT_PORT": "8080"}).number("DESCANT_PORT", 8000)
    8080
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.environment = environment
        self.readings: dict[str, Reading] = {}

    def text(self, name: str, default: str = "") -> str:
        """Any text."""
        return self._said(name, "a text", default)

    def secret(self, name: str) -> str:
        """A text that is never shown."""
        return self._said(name, "a secret", "")

    def words(self, name: str, *, between: str | None = None) -> list[str]:
        """Texts, apart by blanks or by what is named."""
        kind = "texts, apart by commas" if between else "texts, apart by blanks"
        return [word.strip() for word in self._said(name, kind, "").split(between) if word.strip()]

    def number(self, name: str, default: int, least: int = 0) -> int:
        """A whole number."""
        said = self._said(name, "a whole number", str(default))
        if not re.fullmatch("[0-9]{1,12}", said) or int(said) < least:
            raise ImproperlyConfigured(
                f"{name} is {said!r}: write a whole number from {least} on, such as {default}.{_hint(said)}"
            )
        return int(said)

    def one_of(self, name: str, default: str, *, choices: Collection[str]) -> str:
        """One of a few words."""
        said = self._said(name, f"one of {', '.join(choices)}", default)
        if said not in choices:
            raise ImproperlyConfigured(f"{name} is {said!r}: write one of {', '.join(choices)}.")
        return said

    def seconds(self, name: str, default: float) -> float:
        """Seconds, with a point if need be."""
        said = self._said(name, "seconds", str(default))
        if not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", said):
            raise ImproperlyConfigured(f"{name} is {said!r}: write seconds, such as {default}.")
        return float(said)

    def is_on(self, name: str, default: str = "0") -> bool:
        """``1`` or ``0``."""
        said = self._said(name, "1 or 0", default)
        if said not in ("0", "1"):
            raise ImproperlyConfigured(f"{name} is {said!r}: write 1 or 0.")
        return said == "1"

    def refuse_unknown(self) -> None:
        """Raises: ImproperlyConfigured: a variable has our prefix, and nothing reads it."""
        for name in sorted(self.environment):
            if name.startswith(PREFIX) and not self._is_known(name):
                raise ImproperlyConfigured(
                    f"{name} is no setting{_meant(name, self.known())} docs/reference/settings.md lists them all."
                )

    def known(self) -> set[str]:
        """Every variable that may be set, but for numbered partitions."""
        return {*self.readings, *READ_ELSEWHERE}

    def _is_known(self, name: str) -> bool:
        patterns = (OF_DATABASES, OF_TESTS, OF_KUBERNETES)
        return name in self.known() or any(pattern.fullmatch(name) for pattern in patterns)

    def _said(self, name: str, kind: str, default: str) -> str:
        said = self.environment.get(name) or None
        self.readings[name] = Reading(kind, default, said)
        return default if said is None else said


def changed_names(before: Mapping[str, object], after: Mapping[str, object], file: str) -> set[str]:
    """The settings that a file has changed or added.

    Raises:
        ImproperlyConfigured: one is of another type than before, or its name is nearly one that is known, and not it.
            Other parts have settings of their own, so that a name which is like none may be right.
    """
    known = {*before, *dir(global_settings)}
    changed = {name for name, value in after.items() if name.isupper() and before.get(name) is not value}
    for name in sorted(changed):
        was = before.get(name, getattr(global_settings, name, None))
        is_strange = name not in known and not OF_DATABASES.fullmatch(name)
        if is_strange and get_close_matches(name, known, n=1, cutoff=VERY_LIKE):
            raise ImproperlyConfigured(f"{file}: {name} is no setting{_meant(name, known)}")
        if was is not None and not _is_alike(after[name], was):
            raise ImproperlyConfigured(
                f"{file}: {name} is {type(after[name]).__name__}: write {type(was).__name__}, such as {was!r}."
            )
    return changed


def _is_alike(value: object, was: object) -> bool:
    """Whether a value may stand where another stood; what is None, a text, or made of texts has many forms."""
    for kinds in ((bool,), (int, float), (list, tuple, set), (dict,)):
        if isinstance(was, kinds):
            return isinstance(value, kinds) or value is None
    return True


def _meant(name: str, known: Collection[str]) -> str:
    near = get_close_matches(name, known, n=1)
    return f"; do you mean {near[0]}?" if near else "."


def _hint(said: str) -> str:
    is_of_kubernetes = said.startswith("tcp://")
    return (
        " Kubernetes has set it for a service of this name: enableServiceLinks: false."
        if is_of_kubernetes
        else ""
    )
