"""The frame's document: rendered whole by the server, the same for everybody, so that any shared cache may keep it."""

import base64
import hashlib
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache, partial
from pathlib import Path
from urllib.parse import urlencode

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import get_language, get_language_bidi, gettext, override
from django.views.decorators.http import require_safe
from markupsafe import Markup, escape

from descant.discussion.addressing.addresses import NoAddress, PageAddress
from descant.discussion.models import Thread
from descant.discussion.reading import LIGHT_ORDER, ORDERS, Page, is_heavy, read_page
from descant.discussion.reading.changes import Clock
from descant.discussion.tree.cursors import BadCursor
from descant.embed.lean import lean_style
from descant.forums.caches.sending import Document, RestsOn, cacheable
from descant.forums.caches.surrogates import let_caches_keep
from descant.forums.directory import UnknownForum, forum_named
from descant.forums.domains import PageOutside, check_page, frame_ancestors
from descant.forums.look import names_in, style_of
from descant.forums.models import Forum, Role
from descant.switches import is_on
from django_headroom.operations.switches import felt

STYLE_FILE = Path(__file__).parent / "static" / "descant" / "frame.css"
HTML, POLICY = "text/html; charset=utf-8", "Content-Security-Policy"
NOT_ITS_FAULT = (BadCursor, NoAddress, OperationalError, InterfaceError)  # that an order is heavy
FRESH_SECONDS = 1  # how long a shared cache may answer by itself


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

    def query(self, **more: str) -> str:
        """The query string of another document of this frame."""
        told = urlencode({name: value for name, value in more.items() if value})
        return "&".join(part for part in (self._thread_query, told, self._language_query) if part)

    @cached_property
    def _thread_query(self) -> str:
        fields = {"f": self.forum, "t_i": self.identifier, "t_u": self.url}
        return urlencode({name: value for name, value in fields.items() if value})

    @cached_property
    def _language_query(self) -> str:
        return urlencode({"lang": self.language}) if self.language else ""

    def page_url(self, order: str = "", cursor: str = "") -> str:
        return f"/embed/comments/?{self.query(order=order, cursor=cursor)}"

    def permalink(self, order: str) -> tuple[Markup, Markup]:
        """What stands before and after a comment's anchor in its own link: they are the same for all of a page."""
        before = f"/embed/comments/?{self._thread_query}&{urlencode({'order': order})}&cursor="
        after = f"&{self._language_query}" if self.language else ""
        return escape(before), escape(after)


@require_safe
def comments(request: HttpRequest) -> HttpResponse:
    """A page of comments, for whoever asks Django itself."""
    found = document(request.GET.dict())
    if found.rests_on is None:
        return HttpResponse(found.html, status=found.status, headers=found.headers)
    response = cacheable(request, found.html, HTML, FRESH_SECONDS)
    for name, value in found.headers.items():
        response.headers[name] = value
    return response


def document(asked: Mapping[str, str], *, to_keep: bool = False) -> Document:
    """A page of comments; what is wrong with the address is said in a page as well.

    Args:
        asked: what the query string says.
        to_keep: whether it is for who keeps it and is told when it is old; else it may be from a replica that has not
            heard of what caches were told long ago.
    """
    address = FrameAddress.of(asked)
    try:
        forum = forum_named(address.forum)
    except UnknownForum:
        return _error(gettext("There is no forum of this name here. Check the shortname in the page."), 404)
    with override(forum.language_for(address.language)):
        try:
            return _document(forum, address, asked, to_keep)
        except PageOutside as refused:
            return _error(str(refused), 403, forum)
        except NoAddress as refused:
            return _error(str(refused), 400, forum)
        except BadCursor:
            return _error(gettext("This link is damaged or too old. Open the first page."), 400, forum)


def _document(forum: Forum, address: FrameAddress, asked: Mapping[str, str], to_keep: bool) -> Document:
    if address.url:
        check_page(forum, address.url)
    order, cursor = asked.get("order", ""), asked.get("cursor", "")
    order = order if order in ORDERS else ORDERS[0]
    heavy = is_heavy(order, cursor)
    if heavy and not is_on("heavy_orders", forum=forum.name):
        return _elsewhere(address.page_url(LIGHT_ORDER))
    of = PageAddress(address.identifier, address.url)
    with felt("heavy_orders", but=NOT_ITS_FAULT) if heavy else nullcontext():
        page = read_page(forum=forum, page=of, order=order, cursor=cursor, to_keep=to_keep)
    html = render_to_string("embed/page.html", context(forum, address, page), using="jinja2")
    kept = let_caches_keep(forum, page.thread.pk if page.thread else None) if to_keep else {}
    return Document(
        html, {POLICY: _policy(forum, style_of(forum.look)), **kept}, rests_on=_rests_on(forum, page)
    )


def _elsewhere(url: str) -> Document:
    """To a page that is made; nobody keeps where it led."""
    return Document("", {"Location": url, "Cache-Control": "no-store"}, status=302)


def _rests_on(forum: Forum, page: Page) -> RestsOn:
    thread = page.thread
    clock = (thread.pk, thread.version) if thread else (None, 0)
    return RestsOn(forum.partition, forum.pk, forum.revision, *clock)


def context(forum: Forum, address: FrameAddress, page: Page) -> dict[str, object]:
    """What the templates of the frame are given."""
    thread = page.thread
    return {
        "forum": forum,
        "page": page,
        "order": page.order,
        "thread_title": thread.title if thread else "",
        "clock": Clock(str(forum.epoch), thread.version if thread else 0),
        "is_live": settings.DESCANT_LIVE,
        "address": {
            "f": address.forum,
            "t_i": address.identifier,
            "t_u": address.url,
            "lang": address.language,
        },
        **_spoken(),
        "style": _style(style_of(forum.look)),
        "look": " ".join(names_in(forum.look)),
        "page_url": partial(_page_url, address, page.order),
        "permalink": address.permalink(page.order),
        "feed_url": f"/embed/feed/?{address.query()}",
        "sign_in_url": f"/embed/sign-in/?{urlencode({'f': forum.name, 'lang': get_language()})}",
        "is_open": thread is None or thread.state == Thread.State.OPEN,
        "can_post": True,
        "limits": {"text_max": settings.DESCANT_TEXT_MAX, "name_max": settings.DESCANT_NAME_MAX},
        "badges": badges(forum),
    }


def badges(forum: Forum) -> dict[int, str]:
    """The word beside the names of those who run the forum."""
    running = (Role.Kind.OWNER, Role.Kind.MODERATOR)
    return {role.user_id: gettext("Moderator") for role in forum.roles.all() if role.kind in running}


def _page_url(address: FrameAddress, order_now: str, order: str = "", cursor: str = "") -> str:
    return address.page_url(order or order_now, cursor)


def _spoken() -> dict[str, object]:
    """The language of the document, and where its lines begin."""
    return {"lang": get_language(), "dir": "rtl" if get_language_bidi() else "ltr"}


@cache
def _own_style() -> str:
    return lean_style(STYLE_FILE.read_text())


def _style(look: str = "") -> str:
    """The frame's style, and what an owner has chosen after it."""
    return _own_style() + look


@lru_cache(maxsize=1024)
def _style_hash(look: str) -> str:
    return base64.b64encode(hashlib.sha256(_style(look).encode()).digest()).decode()


def _policy(forum: Forum | None, look: str = "") -> str:
    ancestors = frame_ancestors(forum) if forum else "*"
    return (
        f"default-src 'none'; style-src 'sha256-{_style_hash(look)}'; script-src 'self'; img-src 'self' data:; "
        f"connect-src 'self'; frame-ancestors {ancestors}; base-uri 'self'; form-action 'self'"
    )


def _error(message: str, status: int, forum: Forum | None = None) -> Document:
    """An error is a page too; where no forum is known anybody may frame it, for it says nothing of anybody."""
    html = render_to_string(
        "embed/error.html", {"message": message, "style": _style(), **_spoken()}, using="jinja2"
    )
    return Document(html, {POLICY: _policy(forum), "Cache-Control": "no-store"}, status)
