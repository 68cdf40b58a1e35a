"""The document of a frame, made whole by the server and the same for everybody: any shared cache may keep it."""

from collections.abc import Mapping
from contextlib import nullcontext

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import get_language, gettext, override
from django.views.decorators.http import require_safe

from descant.discussion.addressing.addresses import NoAddress, PageAddress
from descant.discussion.reading import LIGHT_ORDER, ORDERS, Page, is_heavy, read_page
from descant.discussion.tree.cursors import BadCursor
from descant.embed.pages.addresses import FrameAddress
from descant.embed.pages.drawing import direction, draw_page
from descant.embed.pages.style import own_style, policy
from descant.forums.caches.sending import Document, RestsOn, cacheable
from descant.forums.caches.surrogates import let_caches_keep
from descant.forums.directory import UnknownForum, forum_named
from descant.forums.domains import PageOutside, check_page
from descant.forums.look import style_of
from descant.forums.models import Forum
from descant.switches import is_on
from django_headroom.operations.switches import felt

HTML, POLICY = "text/html; charset=utf-8", "Content-Security-Policy"
NOT_ITS_FAULT = (BadCursor, NoAddress, OperationalError, InterfaceError)  # that an order is heavy
FRESH_SECONDS = 1  # how long a shared cache may answer by itself


@require_safe
def comments(request: HttpRequest) -> HttpResponse:
    """A page of comments, for whoever asks Django itself."""
    found = document(request.GET.dict())
    body = b"".join(found.pieces)
    if found.rests_on is None:
        return HttpResponse(body, status=found.status, headers=found.headers)
    response = cacheable(request, body, HTML, FRESH_SECONDS)
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
    drawn = draw_page(forum, address, page)
    kept = let_caches_keep(forum, page.thread.pk if page.thread else None) if to_keep else {}
    headers = {POLICY: policy(forum, style_of(forum.look)), **kept}
    return Document(drawn, headers, rests_on=_rests_on(forum, page))


def _elsewhere(url: str) -> Document:
    """To a page that is made; nobody keeps where it led."""
    return Document([], {"Location": url, "Cache-Control": "no-store"}, status=302)


def _rests_on(forum: Forum, page: Page) -> RestsOn:
    thread = page.thread
    clock = (thread.pk, thread.version) if thread else (None, 0)
    return RestsOn(forum.partition, forum.pk, forum.revision, *clock)


def _error(message: str, status: int, forum: Forum | None = None) -> Document:
    """An error is a page too; where no forum is known anybody may frame it, for it says nothing of anybody."""
    language = get_language() or "en"
    given = {"message": message, "style": own_style(), "lang": language, "dir": direction(language)}
    html = render_to_string("embed/error.html", given, using="jinja2")
    return Document([html.encode()], {POLICY: policy(forum), "Cache-Control": "no-store"}, status)
