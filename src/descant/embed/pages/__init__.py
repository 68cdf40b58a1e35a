"""The frame's documents: where they are, what is asked of them, how they are drawn, and what they wear."""

from descant.embed.pages.addresses import FrameAddress
from descant.embed.pages.asking import FRESH_SECONDS, HTML, comments, document
from descant.embed.pages.drawing import badges, draw_lines

__all__ = ["FRESH_SECONDS", "HTML", "FrameAddress", "badges", "comments", "document", "draw_lines"]
