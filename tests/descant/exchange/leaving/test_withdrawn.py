"""What an author has deleted herself leaves with no export: its row does, and none of its words."""

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from descant.discussion.deciding.comments import decide, edit_for_author
from descant.discussion.editing import delete_comment
from descant.discussion.models import Comment
from descant.forums.models import Forum
from tests.descant.conftest import Cast


@pytest.fixture
def withdrawn(cast: Cast, judged: Forum, say: Callable[..., Comment]) -> Comment:
    """Cy's, edited by Bo, answered, then deleted by her; beside one that Bo has deleted."""
    comment = say("Sworn secret", by=cast.cy)
    assert edit_for_author(forum=judged, comment=comment, source="Sworn and edited", by=cast.bo)
    comment.refresh_from_db()
    say("An answer", by=cast.ann, to=comment)
    delete_comment(forum=judged, comment=comment, author=cast.cy)
    removed = say("Removed by Bo", by=cast.cy)
    decide(forum=judged, comments=[removed], verdict="delete", by=cast.bo)
    return comment


@pytest.mark.parametrize("personal", [False, True])
@pytest.mark.parametrize("format", ["native", "sqlite", "disqus", "wxr"])
def test_no_word_of_it_is_in_the_file(
    withdrawn: Comment, export: Callable[..., Path], format: str, personal: bool
) -> None:
    content = export(format, personal=personal).read_bytes()
    assert b"Sworn" not in content
    assert b"An answer" in content


def test_its_row_keeps_its_place_and_moderators_can_still_restore_what_they_deleted(
    cast: Cast, judged: Forum, withdrawn: Comment, export: Callable[..., Path], move: Callable[..., Forum]
) -> None:
    rows = [json.loads(line) for line in export("native").read_text().splitlines()]
    comments: dict[int, dict[str, Any]] = {row["id"]: row for row in rows if row["row"] == "comment"}
    assert (comments[withdrawn.pk]["text"], comments[withdrawn.pk]["state"]) == ("", "deleted")
    assert [row["text"] for row in comments.values() if row["parent_id"] == withdrawn.pk] == ["An answer"]
    file = sqlite3.connect(export("sqlite"))
    kept = file.execute("SELECT text, html FROM discussion_comment WHERE id = ?", [withdrawn.pk]).fetchall()
    file.close()
    assert kept == [("", "")]
    herald = move("native")
    there = Comment.objects.of(herald)
    answer = there.get(text="An answer")
    assert answer.parent_id == there.get(text="", state="deleted").pk
    removed = list(there.select_related("thread").filter(text="Removed by Bo"))
    assert decide(forum=herald, comments=removed, verdict="restore", by=cast.bo) == 1
    blank = list(there.select_related("thread").filter(text="", state="deleted"))
    assert decide(forum=herald, comments=blank, verdict="restore", by=cast.bo) == 0
    withdrawn.refresh_from_db()
    assert withdrawn.text == "Sworn and edited", "the forum itself is as it was"
