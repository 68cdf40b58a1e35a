"""Drawing a page of comments, and lines by themselves: what the stencils of their templates are filled with."""

from collections.abc import Sequence
from functools import cache, lru_cache, partial
from typing import Any, NamedTuple

from django.conf import settings
from django.template import engines
from django.utils.translation import get_language, get_language_info, gettext, ngettext
from markupsafe import Markup

from descant.discussion.models import Thread
from descant.discussion.reading import ORDERS, Line, Page
from descant.discussion.reading.changes import Clock
from descant.embed.jinja.environment import excerpt
from descant.embed.jinja.lines import COUNTS_KEPT, Lines
from descant.embed.jinja.output import escaped
from descant.embed.jinja.stencils import Stencils
from descant.embed.jinja.writing import Writing
from descant.embed.pages.addresses import FrameAddress
from descant.embed.pages.style import own_style
from descant.forums.look import names_in, style_of
from descant.forums.models import Forum, Role
from django_headroom.operations.performance import drawing

HOLES = (
    "forum", "identifier", "url", "title", "sign_in_url", "thread", "clock", "look_style", "feed_url", "count",
    "pinned_name", "pinned_link", "pinned_text", "lines", "next_link", *ORDERS,
)  # fmt: skip


class Shape(NamedTuple):
    """By what of a page its template decides, and what it puts out that is the same for many."""

    order: str
    look: str
    text_max: int
    name_max: int
    is_live: bool
    is_open: bool
    is_first: bool
    is_branch: bool
    takes_guests: bool
    has_title: bool
    has_orders: bool
    has_lines: bool
    has_pinned: bool
    has_next: bool


class Drawer:
    """Draws in one language, which is spoken whenever it does."""

    def __init__(self, language: str) -> None:
        templates: Any = engines["jinja2"]
        template = templates.env.speaking(language).get_template
        self.language, self.writing = language, Writing(language)
        self._counted = lru_cache(COUNTS_KEPT)(self._count)
        self.lines = Lines(partial(template, "embed/_line.html"), self.writing)
        self.pages = Stencils(
            partial(template, "embed/page.html"),
            HOLES,
            lang=language,
            dir=direction(language),
            style=own_style(),
            links={order: Markup(f"\0{order}\0") for order in ORDERS},
        )

    def page(self, forum: Forum, address: FrameAddress, page: Page) -> list[bytes]:
        thread = page.thread
        said: dict[str, object] = {
            "forum": forum.name,
            "identifier": address.identifier,
            "url": (thread.url if thread else "") or address.url,
            "title": thread.title if thread else "",
            "sign_in_url": f"/embed/sign-in/?f={forum.name}&lang={self.language}",
            "thread": thread.pk if thread else "",
            "clock": str(Clock(str(forum.epoch), thread.version if thread else 0)),
            "look_style": Markup(style_of(forum.look)),
            "feed_url": address.feed_url,
            "count": self._counted(thread.comments_shown if thread else 0),
            "lines": draw_lines(forum, address, page.order, page.lines),
            **{order: address.page_url(order) for order in ORDERS},
        }
        if page.pinned:
            said["pinned_name"] = page.pinned.shown_name or gettext("Someone")
            said["pinned_link"] = address.page_url(page.order, page.pinned.anchor)
            said["pinned_text"] = excerpt(page.pinned)
        if page.next_cursor:
            said["next_link"] = address.page_url(page.order, page.next_cursor)
        values = {name: escaped(value) for name, value in said.items()}
        return self.pages.of(_shape(forum, page)).fill(values)

    def _count(self, total: int) -> str:
        counted = ngettext("%(num)s comment", "%(num)s comments", total) % {"num": self.writing.number(total)}
        return counted if total else gettext("Comments")


def draw_page(forum: Forum, address: FrameAddress, page: Page) -> list[bytes]:
    """A page in the language that is spoken, in pieces, of which some are the same on many pages."""
    with drawing():
        return _drawer(get_language() or "en").page(forum, address, page)


def draw_lines(forum: Forum, address: FrameAddress, order: str, lines: Sequence[Line]) -> Markup:
    """Lines of a thread, as they stand on a page of it."""
    return _drawer(get_language() or "en").lines.draw(
        lines, badges(forum), address.permalink(order), partial(address.page_url, order)
    )


def badges(forum: Forum) -> dict[int | None, str]:
    """The word beside the names of those who run the forum."""
    running = (Role.Kind.OWNER, Role.Kind.MODERATOR)
    return {role.user_id: gettext("Moderator") for role in forum.roles.all() if role.kind in running}


def direction(language: str) -> str:
    """Where the lines of a language begin, as HTML calls it."""
    return "rtl" if get_language_info(language)["bidi"] else "ltr"


@cache
def _drawer(language: str) -> Drawer:
    return Drawer(language)


def _shape(forum: Forum, page: Page) -> Shape:
    thread = page.thread
    total = thread.comments_shown if thread else 0
    return Shape(
        order=page.order,
        look=" ".join(names_in(forum.look)),
        text_max=settings.DESCANT_TEXT_MAX,
        name_max=settings.DESCANT_NAME_MAX,
        is_live=settings.DESCANT_LIVE,
        is_open=thread is None or thread.state == Thread.State.OPEN,
        is_first=page.first,
        is_branch=page.branch is not None,
        takes_guests=forum.guests_may_post is not False,
        has_title=bool(thread and thread.title),
        has_orders=total > 1 and page.branch is None,
        has_lines=bool(page.lines),
        has_pinned=page.pinned is not None,
        has_next=bool(page.next_cursor),
    )
