"""How moments and numbers are written in one language; what was written once is remembered, for others share it."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time
from functools import lru_cache
from typing import Any

from django.utils import dateformat, formats, timezone
from django.utils.translation import gettext, ngettext

KEPT = 4096
UNGROUPED = 1000  # from here on a number has separators


class Writing:
    """The filters of one language, which is that of the thread whenever they are asked."""

    def __init__(self, language: str) -> None:
        self._past = lru_cache(KEPT)(_past)
        self._part = lru_cache(2 * KEPT)(_part)
        self._grouped = lru_cache(KEPT)(_grouped)
        self._runs = _runs_of(formats.get_format("DATETIME_FORMAT", language))

    def filters(self) -> Mapping[str, Callable[..., Any]]:
        return {"ago": self.ago, "iso": iso, "full_time": self.full_time, "day": day, "number": self.number}

    def ago(self, moment: datetime, now: datetime | None = None) -> str:
        """Say how long ago, in the words that the frame's script would use: "2 hours ago"."""
        minutes = int(((now or timezone.now()) - moment).total_seconds() // 60)
        if minutes < 60:
            return self._past(0, 0, minutes)
        return self._past(0, minutes // 60, 0) if minutes < 1440 else self._past(minutes // 1440, 0, 0)

    def full_time(self, moment: datetime) -> str:
        """Write the moment to the minute, in UTC: a cached page cannot know where its reader lives."""
        moment = moment.astimezone(UTC)
        of_day, of_clock = moment.date(), time(moment.hour, moment.minute)
        parts = [self._part(of_clock if is_of_clock else of_day, signs) for signs, is_of_clock in self._runs]
        return f"{''.join(parts)} UTC"

    def number(self, value: int) -> str:
        """Write a whole number with the separators of the language."""
        return str(value) if -UNGROUPED < value < UNGROUPED else self._grouped(value)


def iso(moment: datetime) -> str:
    """Write the moment for a `datetime` attribute, in UTC."""
    moment = moment.astimezone(UTC)
    clock = moment.hour, moment.minute, moment.second
    return "%04d-%02d-%02dT%02d:%02d:%02dZ" % (moment.year, moment.month, moment.day, *clock)  # noqa: UP031


def day(moment: date) -> str:
    """Write a day."""
    return formats.date_format(moment, "SHORT_DATE_FORMAT")


def _past(days: int, hours: int, minutes: int) -> str:
    if days >= 365:
        years = days // 365
        return ngettext("%(num)s year ago", "%(num)s years ago", years) % {"num": years}
    if days >= 30:
        months = days // 30
        return ngettext("%(num)s month ago", "%(num)s months ago", months) % {"num": months}
    if days:
        return ngettext("%(num)s day ago", "%(num)s days ago", days) % {"num": days}
    if hours:
        return ngettext("%(num)s hour ago", "%(num)s hours ago", hours) % {"num": hours}
    if minutes < 1:
        return gettext("just now")
    return ngettext("%(num)s minute ago", "%(num)s minutes ago", minutes) % {"num": minutes}


def _runs_of(written: str) -> Sequence[tuple[str, bool]]:
    """A format of Django's in pieces that speak of the day alone, or of the clock alone, and which of the two."""
    runs: list[tuple[str, bool]] = []
    for number, piece in enumerate(dateformat.re_formatchars.split(written)):
        is_of_clock = hasattr(dateformat.TimeFormat, piece) if number % 2 else bool(runs and runs[-1][1])
        if runs and runs[-1][1] == is_of_clock:
            runs[-1] = (runs[-1][0] + piece, is_of_clock)
        elif piece:
            runs.append((piece, is_of_clock))
    return runs


def _part(of: date | time, signs: str) -> str:
    return dateformat.format(of, signs) if isinstance(of, date) else dateformat.time_format(of, signs)


def _grouped(value: int) -> str:
    return str(formats.number_format(value, use_l10n=True, force_grouping=True))
