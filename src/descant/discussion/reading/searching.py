"""Comments found by their words: each is found by the beginnings of words of its text and of its author's name.

What nobody may see any more has no words here. The rows are written by a receiver, after the comment; a comment is
found some seconds after it was posted. Words are what has letters and digits, in any language, without case; languages
that write no blanks between words are found by how a sentence begins.
"""

import re
import unicodedata
from collections.abc import Iterable
from typing import Any

from descant.discussion import text
from descant.discussion.models import Comment, Words
from descant.forums.models import Forum
from django_headroom.transactions import writing

WORDS_MOST = 1_000  # of one comment
LENGTH_MOST = 40
ASKED_MOST = 8
FOUND_MOST = 5_000
_WORD = re.compile(r"[^\W_]+")


def with_words(forum: Forum, asked: str, alias: str) -> Any:
    """The ids of a forum's newest comments that have all these words, or words that begin so; for a subquery.

    A word that half of all comments have would be found too often to be sorted: FOUND_MOST are looked at.
    """
    words = _words_in(asked)[:ASKED_MOST]
    found = Words.objects.using(alias).filter(forum=forum)
    if not words:
        return found.filter(words="").values("comment_id")  # which no row has
    found = found.filter(words__has_all=[_of_forum(forum.pk), *words])
    return found.order_by("-created_at", "-pk").values("comment_id")[:FOUND_MOST]


def write_words(comments: Iterable[Comment]) -> int:
    """Write down the words of some comments of one forum, anew where there are some; for who was told of them.

    Returns:
        How many can be found now.
    """
    found = list(comments)
    if not found:
        return 0
    rows = [_row(comment) for comment in found if comment.state != Comment.State.DELETED]
    with writing(found[0]):
        words = Words.objects.of(found[0].forum_id)
        words.filter(comment__in=[comment.pk for comment in found]).delete()
        words.bulk_create(rows)
    return len(rows)


def _row(comment: Comment) -> Words:
    said = f"{comment.author_name} {text.excerpt(text.shown_html(comment), most=20_000)}"
    words = [_of_forum(comment.forum_id), *dict.fromkeys(_words_in(said))]
    row = Words(forum_id=comment.forum_id, comment_id=comment.pk, created_at=comment.created_at)
    row.words = " ".join(words[:WORDS_MOST])
    return row


def _words_in(written: str) -> list[str]:
    plain = unicodedata.normalize("NFKC", written).casefold()
    return [word[:LENGTH_MOST] for word in _WORD.findall(plain)]


def _of_forum(forum_id: int) -> str:
    return f"forum{forum_id}x"
