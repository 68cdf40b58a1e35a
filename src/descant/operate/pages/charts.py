"""Small charts, drawn by the server: lines over time, and where a release began."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

WIDTH, HEIGHT = 300.0, 80.0
NAMED_MOST = 3  # lines of a chart
Values = Mapping[datetime, float]


@dataclass(frozen=True)
class Axis:
    """The time that all charts of a page show."""

    since: datetime
    until: datetime
    step: timedelta
    releases: Mapping[datetime, str]

    def x(self, at: datetime) -> float:
        """Where a time lies."""
        return max(0.0, min(WIDTH, WIDTH * ((at - self.since) / (self.until - self.since))))

    @property
    def steps(self) -> list[datetime]:
        """Each of its times."""
        count = round((self.until - self.since) / self.step)
        return [self.since + self.step * number for number in range(count)]


@dataclass(frozen=True)
class Chart:
    """A chart with its title; ``last`` and ``most`` are what it says in numbers."""

    name: str
    title: Any
    unit: str
    lines: Sequence[tuple[str, Values]]
    """What each line is called, and its values."""
    axis: Axis
    whole: bool = False
    """Whether what is not there is nothing, as of a rate; else it is left out, as of a time."""

    @property
    def most(self) -> float:
        """The highest value of all lines."""
        return max((value for _, values in self.lines for value in values.values()), default=0.0)

    @property
    def latest(self) -> list[tuple[str, float]]:
        """The last value of each line, of the first few that have one."""
        return [(label, values[max(values)]) for label, values in self.lines if values][:NAMED_MOST]

    @property
    def drawn(self) -> SafeString:
        """The lines and the releases, as SVG."""
        paths = format_html_join(
            "",
            '<path class="line{}" d="{}"/>',
            ((n, self._path(each)) for n, (_, each) in enumerate(self.lines)),
        )
        marks = format_html_join(
            "",
            '<path class="release" d="M{0} 0V{1}"><title>{2}</title></path>',
            ((f"{self.axis.x(at):.1f}", f"{HEIGHT:g}", name) for at, name in self.axis.releases.items()),
        )
        return format_html(
            '<svg viewBox="0 -4 {} {}" preserveAspectRatio="none" role="img" aria-label="{}">{}{}</svg>',
            f"{WIDTH:g}",
            f"{HEIGHT + 6:g}",
            self.title,
            marks,
            paths,
        )

    def _path(self, values: Values) -> str:
        """A line that is broken where nothing is known."""
        highest, said, is_begun = self.most or 1.0, [], False
        for at in self.axis.steps:
            value = values.get(at, 0.0 if self.whole else None)
            if value is not None:
                letter = "L" if is_begun else "M"
                x, y = self.axis.x(at), HEIGHT * (1 - value / highest)
                said.append(
                    f"{letter}{x:.1f} {y:.1f}"
                    + ("" if is_begun else f"h{WIDTH / len(self.axis.steps) / 2:.1f}")
                )
            is_begun = value is not None
        return "".join(said)


def each_of(figures: Mapping[datetime, Any], take: Callable[[Any], float]) -> Values:
    """One number of each step."""
    return {at: take(each) for at, each in figures.items()}
