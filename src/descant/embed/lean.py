"""Our own scripts and styles without comments and indents, as they are sent: those are for who reads the source."""

import re

_BLOCK = re.compile(r"^[ \t]*/\*.*?\*/[ \t]*\n", re.DOTALL | re.MULTILINE)
_LINE = re.compile(r"^[ \t]*//.*\n", re.MULTILINE)
_AFTER_CODE = re.compile(r"(?<=[;{},)(]) +(//[^\n]*|/\*[^\n]*?\*/)$", re.MULTILINE)
_APART = re.compile(r"\s*([{};])\s*|([:,])\s+")
_INDENT = re.compile(r"^\s+", re.MULTILINE)


def lean(source: str) -> str:
    """Drop comments that have lines of their own or end one, blank lines and indents; the rest stays."""
    for dropped in (_BLOCK, _LINE, _AFTER_CODE, _INDENT):
        source = dropped.sub("", source)
    return source


def lean_style(source: str) -> str:
    """A style without blanks besides: about what separates its parts none means anything."""
    return _APART.sub(lambda found: found[1] or found[2], lean(source))
