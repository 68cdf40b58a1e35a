"""Making a page for everybody: of Django's handler and the site's middleware what such a page needs, and no more."""

import logging
import time
from collections.abc import Collection
from urllib.parse import parse_qsl

from django.conf import settings
from django.db import close_old_connections
from django.utils.translation import override

from descant.embed.pages import document
from descant.site.front.asking import COMMENTS
from descant.site.front.pages import Answer, Page, page_of
from descant.site.headers import language_called
from django_headroom.caching.slots import slots
from django_headroom.conf import headroom
from django_headroom.connections.patience import answered_within
from django_headroom.operations.performance import recorded
from django_headroom.replicas import session

ROUTE = COMMENTS.strip("/") + "/"  # as Django calls it
_log = logging.getLogger(__name__)


def make_page(asked: str, codings: Collection[str]) -> Page | Answer:
    """The page of what ``page_asked`` gives, or what is said in its place.

    Raises:
        Exception: what went wrong; nobody was told of it yet.
    """
    _log.debug("Made: %s", asked)
    made_at, seen = time.monotonic(), slots().last()
    fields = dict(parse_qsl(asked))
    try:
        with (
            recorded("request", ROUTE) as record,
            answered_within(headroom().answer_seconds),
            session(),
            override(language_called(fields.get("lang", "")) or settings.LANGUAGE_CODE),
        ):
            record.status = 500
            found = document(fields, to_keep=True)
            record.status, record.bytes = found.status, sum(map(len, found.pieces))
            return page_of(found, codings, seen=seen, made_at=made_at)
    finally:
        close_old_connections()  # of what Django does when a request begins and ends all that a page needs
