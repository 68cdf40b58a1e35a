"""Acts about threads: closed, opened again, merged."""

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from descant.discussion.deciding import merge_threads, set_thread_state
from descant.discussion.models import Thread
from descant.forums.models import Forum
from descant.moderate.acts.comments import text_in
from descant.moderate.acts.telling import Told, tell
from descant.moderate.asking import Desk, at_the_desk


@require_POST
@at_the_desk
def state(desk: Desk) -> HttpResponse:
    """Close a thread, or open it again."""
    forum = desk.forum(text_in(desk.request, "forum"))
    thread = set_thread_state(
        forum=forum,
        thread=thread_of(forum, text_in(desk.request, "thread")),
        state=text_in(desk.request, "state"),
        by=desk.author(forum),
        reason=text_in(desk.request, "reason"),
    )
    is_closed = thread.state == Thread.State.CLOSED
    return tell(desk, Told(_("The thread is closed.") if is_closed else _("The thread is open.")))


@require_POST
@at_the_desk
def merge(desk: Desk) -> HttpResponse:
    """Move all of one thread into another of the same forum."""
    forum = desk.forum(text_in(desk.request, "forum"))
    batch = merge_threads(
        forum=forum,
        source=thread_of(forum, text_in(desk.request, "source")),
        target=thread_of(forum, text_in(desk.request, "target")),
        by=desk.author(forum),
        reason=text_in(desk.request, "reason"),
    )
    return tell(desk, Told(_("The threads are one. Who opens the old page is led to it."), batch, 1))


def thread_of(forum: Forum, written: str) -> Thread:
    """Raises: Thread.DoesNotExist: the forum has none of this id."""
    key = int(written) if written.isdecimal() and len(written) <= 18 else 0
    found: Thread = Thread.objects.of(forum).get(pk=key)
    return found
