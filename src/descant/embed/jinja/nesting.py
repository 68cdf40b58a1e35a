"""How the lines of a page stand in lists within lists: where one begins, and where some end."""

from collections.abc import Sequence
from typing import NamedTuple

from markupsafe import Markup

from descant.discussion.reading import Line

SEEN = 4  # the last level at which the page itself shows whom a line answers
_NONE = Markup()


class Nested(NamedTuple):
    """A line with what stands before it, and before "more replies" after it."""

    line: Line
    steps: Markup = _NONE
    above: str = ""  # the name one level up, where the page does not show it
    steps_to_more: Markup = _NONE


def nested(lines: Sequence[Line]) -> tuple[Sequence[Nested], Markup]:
    """Nest lines by level: a line's replies are a list inside it, for HTML lets us leave out ``</li>``.

    A level may not jump, so the depth drawn follows the lines. "More replies" stands among the replies to the branch's
    first comment.

    Returns:
        The lines, and what ends their lists.
    """
    found: list[Nested] = []
    names: dict[int, str] = {}
    depth, last = 0, len(lines) - 1
    for number, line in enumerate(lines):
        level, before = line.level, depth
        depth = min(level, depth + 1) if number else 0
        above = names.get(level - 1, "") if level > SEEN else ""
        if level >= SEEN:
            names[level] = "" if line.kind == "mark" else line.comment.shown_name
        steps, steps_to_more = _steps(before, depth), _NONE
        if line.more:
            branch = min(lines[number + 1].level if number < last else 0, depth)
            steps_to_more, depth = _steps(depth, branch + 1), branch + 1
        found.append(Nested(line, steps, above, steps_to_more))
    return found, _steps(depth, 0)


def _steps(before: int, after: int) -> Markup:
    return _IN if after > before else _OUT[before - after]


_IN, _OUT = Markup("<ol>"), [Markup("</ol>" * number) for number in range(16)]
