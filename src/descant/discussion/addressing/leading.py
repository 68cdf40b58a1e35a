"""Where a thread stands on the web, for who is led there from elsewhere."""

from descant.discussion.models import Thread
from descant.forums.domains import PageOutside, check_page
from descant.forums.models import Forum


def page_of(thread: Thread, forum: Forum, fragment: str = "") -> str:
    """The page that shows a thread; empty if it is none of the forum's any more, so that nobody is led astray."""
    try:
        check_page(forum, thread.url)
    except PageOutside:
        return ""
    return thread.url.split("#")[0] + fragment
