"""What must hold of a forum after any import, and what of it is compared."""

from typing import Any

from descant.discussion.models import Comment, Thread, ThreadAddress
from descant.discussion.tree.paths import LEVELS, ancestors_in
from descant.forums.models import Forum


def assert_exact(forum: Forum) -> None:
    """Totals, branches and marks are what the rows themselves say."""
    rows = {row.pk: row for row in Comment.objects.of(forum)}
    replies = dict.fromkeys(rows, 0)
    for row in rows.values():
        above = ancestors_in(bytes(row.path))
        assert row.level == len(above) < LEVELS
        if row.parent_id:
            parent = rows[row.parent_id]
            assert parent.thread_id == row.thread_id
            assert bytes(row.path).startswith(bytes(parent.path)[: 16 * (LEVELS - 1)])
        counted = {*above, row.parent_id} - {None} if row.is_shown else ()
        for pk in counted:
            replies[pk] += 1
    for pk, row in rows.items():
        assert (row.replies, row.drawn) == (replies[pk], row.is_shown or replies[pk] > 0), row.source_id
        assert row.version is not None or not row.is_shown
    for each in Thread.objects.of(forum):
        shown = [row for row in rows.values() if row.thread_id == each.pk and row.is_shown]
        assert each.comments_shown == len(shown)
        assert all(row.version <= each.version for row in shown)


def snapshot(forum: Forum) -> list[Any]:
    models = (Thread, ThreadAddress, Comment)
    return [list(model.objects.of(forum).order_by("pk").values()) for model in models]


def said(forum: Forum, source_id: str) -> Comment:
    found: Comment = Comment.objects.of(forum).select_related("thread").get(source_id=source_id)
    return found
