"""Stencils: a template is rendered once for each shape of what it shows, with holes where values stand.

A template decides by few things, such as whether there is a next page. What it says then is kept, and all that is done
for one more page is to fill its values in.
"""

import re
from collections.abc import Callable, Collection, Mapping
from typing import Any, Protocol

from jinja2 import Template
from markupsafe import Markup

from descant.forums.caches.packing import Constant

KEPT_MOST = 500
CONSTANT_LEAST = 1_000  # bytes; a shorter stretch is packed with what stands around it
_HOLE = re.compile("\0([a-z_]+)\0")


class Shape(Protocol):
    """All that a template decides by, as a NamedTuple."""

    def _asdict(self) -> dict[str, Any]: ...


class Stencil:
    """Text with holes; ``form`` is to be filled by ``%``."""

    def __init__(self, cut: str) -> None:
        pieces = _HOLE.split(cut)  # text, hole, text, …
        stretches, run = list[str | Constant](), ""
        for text, hole in zip(pieces[::2], [*pieces[1::2], ""], strict=True):
            encoded = text.encode()
            if len(encoded) >= CONSTANT_LEAST:
                stretches += run, Constant(encoded)
                run = ""
            else:
                run += text.replace("%", "%%")
            run += f"%({hole})s" if hole else ""
        self._stretches = [each for each in (*stretches, run) if each]
        self.form = _HOLE.sub(r"%(\1)s", cut.replace("%", "%%"))

    def fill(self, values: Mapping[str, object]) -> list[bytes]:
        """The whole as bytes, in pieces; its values are safe as they are."""
        return [each if isinstance(each, Constant) else (each % values).encode() for each in self._stretches]


class Stencils:
    """The stencils of one template in one language, which is spoken whenever one is asked for.

    Args:
        template: gives the template.
        holes: what it puts out, and decides nothing by.
        always: what else it is given.
    """

    def __init__(self, template: Callable[[], Template], holes: Collection[str], **always: object) -> None:
        self._template = template
        self._given = {**{name: Markup(f"\0{name}\0") for name in holes}, **always}
        self._cut: dict[Shape, Stencil] = {}

    def of(self, shape: Shape) -> Stencil:
        """The stencil for this shape."""
        found = self._cut.get(shape)
        if found is None:
            if len(self._cut) >= KEPT_MOST:
                self._cut.clear()
            written = self._template().render(self._given | shape._asdict())
            found = self._cut[shape] = Stencil(written)
        return found
