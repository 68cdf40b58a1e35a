"""Where a frame's documents are: what the URL of one holds, and those of the others that it leads to."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import urlencode

from descant.embed.jinja.output import escaped


@dataclass(frozen=True)
class FrameAddress:
    """What the URL of a frame's document holds of its thread and its language."""

    forum: str
    identifier: str = ""
    url: str = ""
    language: str = ""

    @classmethod
    def of(cls, asked: Mapping[str, str]) -> "FrameAddress":
        return cls(asked.get("f", ""), asked.get("t_i", ""), asked.get("t_u", ""), asked.get("lang", ""))

    @cached_property
    def thread(self) -> str:
        """What a query string says of forum and thread."""
        fields = {"f": self.forum, "t_i": self.identifier, "t_u": self.url}
        return urlencode({name: value for name, value in fields.items() if value})

    @cached_property
    def ending(self) -> str:
        """… and of the language, after everything else."""
        return f"&{urlencode({'lang': self.language})}" if self.language else ""

    @property
    def feed_url(self) -> str:
        return f"/embed/feed/?{self.thread}{self.ending}"

    def page_url(self, order: str, cursor: str = "") -> str:
        """Another document of this frame; what we say of order and cursor needs no quoting."""
        at = f"&cursor={cursor}" if cursor else ""
        return f"/embed/comments/?{self.thread}&order={order}{at}{self.ending}"

    def permalink(self, order: str) -> tuple[str, str]:
        """What stands before and after a comment's anchor in its own link, in HTML: the same for all of a page."""
        return escaped(f"/embed/comments/?{self.thread}&order={order}&cursor="), escaped(self.ending)
