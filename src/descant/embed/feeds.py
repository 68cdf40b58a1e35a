"""Atom feeds of a thread and of a forum."""

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.feedgenerator import Atom1Feed
from django.utils.translation import gettext, override
from django.views.decorators.http import require_safe

from descant.discussion import text
from descant.discussion.addressing.addresses import NoAddress, PageAddress
from descant.discussion.addressing.counts import recent_comments
from descant.discussion.models import Comment, Thread
from descant.embed.pages import FrameAddress
from descant.forums.caches.sending import cacheable
from descant.forums.caches.surrogates import let_caches_keep
from descant.forums.directory import UnknownForum, forum_named
from descant.forums.models import Forum

FEED_SECONDS = 1


@require_safe
def feed(request: HttpRequest) -> HttpResponse:
    """The latest comments of a thread (``t_i``, ``t_u``), or of the whole forum."""
    address = FrameAddress.of(request.GET)
    try:
        forum = forum_named(address.forum)
    except UnknownForum as error:
        raise Http404(str(error)) from error
    named = address.identifier or address.url
    page = PageAddress(address.identifier, address.url) if named else None
    try:
        thread, latest = recent_comments(forum=forum, page=page)
    except NoAddress as error:
        raise Http404(str(error)) from error
    with override(forum.language_for("")):
        atom = _feed(request, forum, thread)
        for comment in latest:
            _add(atom, request, forum, comment)
    written = atom.writeString("utf-8")
    response = cacheable(request, written, "application/atom+xml; charset=utf-8", FEED_SECONDS)
    for name, value in let_caches_keep(forum, thread.pk if thread else None).items():
        response.headers[name] = value
    return response


def _feed(request: HttpRequest, forum: Forum, thread: Thread | None) -> Atom1Feed:
    about = str(thread) if thread else forum.title
    return Atom1Feed(
        title=gettext("Comments on %(title)s") % {"title": text.one_line(about)},
        link=thread.url if thread and thread.url else request.build_absolute_uri("/"),
        description="",
        language=forum.language,
        feed_url=request.build_absolute_uri(),
        feed_guid=f"tag:{request.get_host().split(':')[0]},2026:{forum.name}/{thread.pk if thread else ''}",
    )


def _add(atom: Atom1Feed, request: HttpRequest, forum: Forum, comment: Comment) -> None:
    atom.add_item(
        title=f"{text.one_line(comment.shown_name)} – {text.one_line(str(comment.thread))}",
        link=f"{comment.thread.url}#{comment.anchor}",
        description=text.plain(text.shown_html(comment)),
        author_name=text.one_line(comment.shown_name),
        pubdate=comment.created_at,
        updateddate=comment.edited_at or comment.created_at,
        unique_id=f"tag:{request.get_host().split(':')[0]},2026:{forum.name}/comment/{comment.pk}",
    )
