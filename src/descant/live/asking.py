"""What somebody who watches asks for: which thread, in which language, and since when."""

from typing import NamedTuple
from urllib.parse import parse_qsl

from django.conf import settings

from descant.discussion.reading.changes import Clock

PATH = "/embed/live/"
LONGEST = 4_096  # of a query string
FIELDS_MOST = 50


class Asked(NamedTuple):
    """A thread of a forum, by its id; a page on which nobody had written yet by what the page is called."""

    forum: str
    thread: int | None = None
    identifier: str = ""
    url: str = ""
    language: str = ""


class Asking(NamedTuple):
    """``again``: she has watched before, so that scores may have changed without a version."""

    asked: Asked
    since: Clock
    again: bool


def asking_in(query: str, last_event_id: str | None) -> Asking | None:
    """What a query string asks for, and since the last event that the browser names; None if it says nothing."""
    if len(query) > LONGEST:
        return None
    try:
        told = dict(parse_qsl(query, max_num_fields=FIELDS_MOST))
    except ValueError:
        return None
    since = Clock.read(last_event_id or told.get("since", ""))
    thread = told.get("thread", "")
    is_id = thread.isascii() and thread.isdecimal() and len(thread) < 19
    names = ("", "") if is_id else (told.get("t_i", ""), told.get("t_u", ""))
    if since is None or not (is_id or any(names)):
        return None
    language = told.get("lang", "")
    known = language if language in dict(settings.LANGUAGES) else ""
    asked = Asked(told.get("f", ""), int(thread) if is_id else None, *names, known)
    return Asking(asked, since, bool(last_event_id) or "again" in told)
