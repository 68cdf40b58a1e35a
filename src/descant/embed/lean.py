"""Our own scripts and styles without their comments, as they are sent: those are for who reads the source."""

import re

_BLOCK = re.compile(r"^[ \t]*/\*.*?\*/[ \t]*\n", re.DOTALL | re.MULTILINE)
_LINE = re.compile(r"^[ \t]*//.*\n", re.MULTILINE)


def lean(source: str) -> str:
    """Drop comments that have lines of their own; every other line stays as it is written."""
    return _LINE.sub("", _BLOCK.sub("", source))
