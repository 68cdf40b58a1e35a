"""What happened, in a sentence; the same in letters, digests and notices."""

from collections.abc import Sequence

from django.utils.translation import gettext as _

from descant.discussion import text
from descant.discussion.models import Comment
from descant.followups.models import Kind


def sentence_about(kind: str, comment: Comment) -> str:
    """Args: comment: with its thread and its author."""
    sentences = {
        Kind.REPLY: _("%(author)s replied to you on “%(title)s”:"),
        Kind.MENTION: _("%(author)s mentioned you on “%(title)s”:"),
        Kind.THREAD: _("%(author)s wrote on “%(title)s”, which you follow:"),
        Kind.PERSON: _("%(author)s, whom you follow, wrote on “%(title)s”:"),
        Kind.DECISION: _("A moderator has decided about your comment on “%(title)s”:"),
    }
    return sentences[Kind(kind)] % {"author": author_of(comment), "title": title_of(comment)}


def author_of(comment: Comment) -> str:
    return text.one_line(comment.shown_name) or _("Someone")


def title_of(comment: Comment) -> str:
    return text.one_line(comment.thread.title) or text.one_line(comment.thread.url)


def paragraphs_of(comment: Comment) -> Sequence[str]:
    """What it says, as plain text: nothing in a letter is fetched from anywhere."""
    if comment.format != Comment.Format.MARKDOWN:
        return [text.excerpt(text.shown_html(comment), 5_000)]
    return [each for each in text.plain(comment.text).strip().split("\n\n") if each.strip()]
