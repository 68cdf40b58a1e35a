"""Reading what is written: a page of a thread, and comments found by their words."""

from descant.discussion.reading.pages import LINES, ORDERS, REPLIES, Line, Page, line_of, read_page

__all__ = ["LINES", "ORDERS", "REPLIES", "Line", "Page", "line_of", "read_page"]
