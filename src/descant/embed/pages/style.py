"""What a frame wears: its own style, which stands in the document, and the policy that lets nothing else in."""

import base64
import hashlib
from functools import cache, lru_cache
from pathlib import Path

from descant.embed.lean import lean_style
from descant.forums.domains import frame_ancestors
from descant.forums.models import Forum

STYLE_FILE = Path(__file__).parent.parent / "static" / "descant" / "frame.css"


@cache
def own_style() -> str:
    """The frame's style; what an owner has chosen stands after it."""
    return lean_style(STYLE_FILE.read_text())


def policy(forum: Forum | None, look: str = "") -> str:
    """The Content-Security-Policy of a document with this look; where no forum is known anybody may frame it."""
    ancestors = frame_ancestors(forum) if forum else "*"
    return (
        f"default-src 'none'; style-src 'sha256-{_style_hash(look)}'; script-src 'self'; img-src 'self' data:; "
        f"connect-src 'self'; frame-ancestors {ancestors}; base-uri 'self'; form-action 'self'"
    )


@lru_cache(maxsize=1024)
def _style_hash(look: str) -> str:
    return base64.b64encode(hashlib.sha256(f"{own_style()}{look}".encode()).digest()).decode()
