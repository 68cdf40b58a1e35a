"""Statements without their values: what is the same but for these is one statement, and nobody's values are told."""

import re
from functools import lru_cache

LONGEST = 4_000
_BARE = re.compile(
    r"""(?P<comment>/\*.*?\*/|--[^\n]*)
    | \bE'(?:[^'\\]|''|\\.)*'           # a text with escapes
    | '(?:[^']|'')*'                     # a text
    | \$(?P<tag>\w*)\$.*?\$(?P=tag)\$    # a text in dollars
    | %s | %\(\w+\)s | \$\d+ | \?        # a parameter
    | (?<![\w"])-?\d+(?:\.\d+)?(?:e[+-]?\d+)?\b  # a number that is no part of a name
    """,
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)
_LISTS = re.compile(r"\(\s*\?(?:\s*,\s*\?)*\s*\)(?:\s*,\s*\(\s*\?(?:\s*,\s*\?)*\s*\))*")
_BLANKS = re.compile(r"\s+")


_TEXTS = re.compile(r"'(?:[^']|'')*'")
_NUMBERS = re.compile(r"""(?<![\w"$.])-?\d+(?:\.\d+)?\b""")
_COMPARING = ("Cond:", "Filter:", "Key:", "Output:")


def masked(plan: str) -> str:
    """A plan without values: of its numbers those stay that are the planner's own."""
    lines = [_TEXTS.sub("?", line) for line in plan.splitlines()]
    return "\n".join(
        _NUMBERS.sub("?", line) if any(word in line for word in _COMPARING) else line for line in lines
    )


@lru_cache(maxsize=1_024)
def normalised(sql: str) -> str:
    """A statement with ``?`` for its values, and one ``(?)`` for a list of any length.

    >>> normalised("SELECT * FROM item WHERE id IN (1, 2) AND name = 'rye'")
    'SELECT * FROM item WHERE id IN (?) AND name = ?'
    """
    bare = _BARE.sub(lambda found: " " if found["comment"] else "?", sql)
    return _BLANKS.sub(" ", _LISTS.sub("(?)", bare)).strip()[:LONGEST]
