"""The pages that everybody may read: a forum's and a person's; the same for all, so that any cache may keep them."""

import re
from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import get_language, gettext, override
from django.views.decorators.http import require_safe

from descant.accounts.models import Profile
from descant.community.lively import read_forum
from descant.community.paging import BadCursor, cursor_in
from descant.community.profiles import read_person
from descant.discussion import text
from descant.discussion.addressing.leading import page_of
from descant.discussion.models import Comment, Thread
from descant.forums.caches.sending import cacheable
from descant.forums.directory import UnknownForum, forum_named
from descant.forums.models import Forum

FRESH_SECONDS = 2  # how long a shared cache may answer by itself


@require_safe
def forum_page(request: HttpRequest, name: str) -> HttpResponse:
    """What goes on in a forum: recent comments, busy threads, people."""
    try:
        forum = forum_named(name)
        before = cursor_in(request.GET.get("before", ""))
    except (UnknownForum, BadCursor):
        return _absent()
    lively = read_forum(forum=forum, before=before)
    with override(forum.language_for(request.GET.get("lang", ""))):
        shown = {
            "forum": forum,
            "hosts": [domain.host for domain in forum.domains.all() if not re.search(r"[*:]", domain.host)],
            "first": before is None,
            "recent": [_line(comment, forum, lively.profiles) for comment in lively.recent],
            "next": lively.next_cursor,
            "busy": [_thread(thread, forum) for thread in lively.busy],
            "people": lively.people,
            "totals": lively.totals,
        }
        return _answer(request, "community/forum.html", shown)


@require_safe
def person_page(request: HttpRequest, name: str) -> HttpResponse:
    """What a person wrote, where she agreed to be seen; one who did not is answered as one who is not there."""
    try:
        seen = read_person(name=name, before=cursor_in(request.GET.get("before", "")))
    except BadCursor:
        seen = None
    if seen is None:
        return _absent()
    lines = [_line(line.comment, line.forum, {}) for line in seen.lines]
    shown = {"profile": seen.profile, "lines": lines, "next": seen.next_cursor, "totals": seen.totals}
    return _answer(request, "community/person.html", shown)


def _line(comment: Comment, forum: Forum, profiles: Mapping[int, Profile]) -> Mapping[str, Any]:
    return {
        "forum": forum,
        "name": text.one_line(comment.shown_name),
        "profile": profiles.get(comment.author_id or 0),
        "thread": _thread(comment.thread, forum),
        "url": page_of(comment.thread, forum, f"#{comment.anchor}"),
        "excerpt": text.excerpt(text.shown_html(comment), 280),
        "at": comment.created_at,
        "score": comment.ups - comment.downs,
        "replies": comment.replies,
    }


def _thread(thread: Thread, forum: Forum) -> Mapping[str, Any]:
    title = text.one_line(thread.title) or thread.url or gettext("A page without a title")
    return {"title": title, "url": page_of(thread, forum), "comments": thread.comments_shown}


def _answer(request: HttpRequest, template: str, shown: Mapping[str, Any]) -> HttpResponse:
    """Without the request in the template: nothing of who asks can come into the page."""
    html = render_to_string(
        template, {**shown, "asked_lang": get_language() if "lang" in request.GET else ""}
    )
    return cacheable(request, html, "text/html; charset=utf-8", FRESH_SECONDS)


def _absent() -> HttpResponse:
    html = render_to_string("community/absent.html")
    return HttpResponse(html, status=404, headers={"Cache-Control": "no-store"})
