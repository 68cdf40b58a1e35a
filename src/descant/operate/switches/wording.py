"""What an operator writes of a switch becomes a rule, and a rule becomes words."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from descant.forums.directory import UnknownForum, forum_named
from django_headroom.operations.switches import OFF, ON, BadRule, Rule
from django_headroom.operations.switches.rules import Names


class Written(NamedTuple):
    """A rule as it is written: ``on``, ``off`` or a percentage, and who is in or out whatever that says."""

    percent: str
    always: Mapping[str, Sequence[str]] = {}
    never: Mapping[str, Sequence[str]] = {}
    of: str = "actor"
    staff: bool = False
    labs: bool = False
    begins: str = ""
    ends: str = ""


def rule_in(written: Written) -> Rule:
    """Raises: BadRule: it cannot be followed; the message says why."""
    for named in (written.always, written.never):
        for forum in named.get("forum", ()):
            _check_forum(forum)
    return Rule(
        percent=_percent(written.percent),
        by=written.of,
        always={kind: frozenset(names) for kind, names in written.always.items() if names},
        never={kind: frozenset(names) for kind, names in written.never.items() if names},
        staff=written.staff,
        labs=written.labs,
        begins_at=_moment(written.begins),
        ends_at=_moment(written.ends),
    )


def state_of(rule: Rule) -> str:
    """In a word: ``on``, ``off``, or ``some``."""
    if rule.is_same_for_all():
        return "on" if rule.percent else "off"
    return "some"


def words_for(rule: Rule) -> str:
    """For whom it is on, in a line."""
    if rule == ON:
        return _("for all")
    if rule == OFF:
        return _("for nobody")
    return "; ".join(part for part in [_share(rule), *_named(rule), *_times(rule)] if part)


def _share(rule: Rule) -> str:
    if not rule.percent:
        return ""
    if rule.percent == 100:
        return _("for all")
    told = {"percent": number_format(f"{rule.percent:g}")}
    if rule.by == "forum":
        return _("for %(percent)s %% of the forums") % told
    return _("for %(percent)s %% of the people") % told


def _named(rule: Rule) -> list[str]:
    always, never = _joined(rule.always), _joined(rule.never)
    found = [
        "forum" in always and _("for the forums %(names)s") % {"names": always["forum"]},
        "actor" in always and _("for the people %(names)s") % {"names": always["actor"]},
        rule.staff and _("for the staff"),
        rule.labs and _("for those who have chosen it"),
        "forum" in never and _("not for the forums %(names)s") % {"names": never["forum"]},
        "actor" in never and _("not for the people %(names)s") % {"names": never["actor"]},
    ]
    return [each for each in found if each]


def _joined(named: Names) -> dict[str, str]:
    return {kind: ", ".join(sorted(names)) for kind, names in named.items()}


def _times(rule: Rule) -> list[str]:
    found = [
        rule.begins_at and _("from %(moment)s") % {"moment": written_moment(rule.begins_at)},
        rule.ends_at and _("until %(moment)s") % {"moment": written_moment(rule.ends_at)},
    ]
    return [each for each in found if each]


def written_moment(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _percent(written: str) -> float:
    if written in ("on", "off"):
        return 100.0 if written == "on" else 0.0
    try:
        return float(written.replace(",", ".").rstrip("% "))
    except ValueError:
        raise BadRule(
            _("“%(written)s” is no percentage: write a number from 0 to 100.") % {"written": written}
        ) from None


def _moment(written: str) -> datetime | None:
    """In UTC, unless it says another zone."""
    if not written:
        return None
    try:
        moment = datetime.fromisoformat(written)
    except ValueError:
        raise BadRule(
            _("“%(written)s” is no moment: write 2026-12-01T08:00.") % {"written": written}
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _check_forum(name: str) -> None:
    try:
        forum_named(name)
    except UnknownForum:
        raise BadRule(_("There is no forum “%(name)s”.") % {"name": name}) from None
