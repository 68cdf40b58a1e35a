"""Reading what is written: a page of a thread, and comments found by their words."""

from descant.discussion.reading.pages import (
    LIGHT_ORDER,
    LINES,
    ORDERS,
    REPLIES,
    Line,
    Page,
    is_heavy,
    line_of,
    read_page,
)

__all__ = ["LIGHT_ORDER", "LINES", "ORDERS", "REPLIES", "Line", "Page", "is_heavy", "line_of", "read_page"]
