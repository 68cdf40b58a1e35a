"""Choosing the thread that another is merged into: by the address of its page, or by words of its title."""

from collections.abc import Sequence

from django.db.models import Q
from django.http import HttpResponse
from django.views.decorators.http import require_safe

from descant.discussion.addressing.addresses import NoAddress, PageAddress
from descant.discussion.addressing.finding import find_thread
from descant.discussion.models import Thread
from descant.forums.models import Forum
from descant.moderate.acts.threads import thread_of
from descant.moderate.asking import Desk, at_the_desk
from descant.moderate.pages.drawing import draw

TITLES_MOST = 5_000  # the newest threads, whose titles are looked through
FOUND_MOST = 20


@require_safe
@at_the_desk
def merging(desk: Desk) -> HttpResponse:
    """The thread that will go, and those that it may go to."""
    asked = desk.request.GET
    forum = desk.forum(asked.get("forum", ""))
    source = thread_of(forum, asked.get("thread", ""))
    words = asked.get("q", "").replace("\0", "").strip()[:200]
    given = {"forum": forum, "source": source, "words": words, "titles_most": TITLES_MOST}
    targets = [thread for thread in _targets(forum, words) if thread.pk != source.pk]
    back = asked.get("back", "/moderate/")
    return draw(desk, "merge.html", {**given, "targets": targets, "back": back})


def _targets(forum: Forum, words: str) -> Sequence[Thread]:
    if not words:
        return []
    if words.startswith(("http://", "https://")):
        try:
            found = find_thread(forum, PageAddress(url=words))
        except NoAddress:
            found = None
        return [found] if found else []
    newest = Thread.objects.of(forum).order_by("-created_at", "-id").values("pk")[:TITLES_MOST]
    rows = Thread.objects.of(forum).filter(pk__in=newest).exclude(state=Thread.State.MERGED)
    for word in words.split()[:8]:
        rows = rows.filter(Q(title__icontains=word) | Q(url__icontains=word))
    return list(rows.order_by("-created_at", "-id")[:FOUND_MOST])
