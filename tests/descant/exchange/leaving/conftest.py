"""Takes the gazette along, and brings it into the empty forum that stands for another site."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from descant.discussion.addressing.addresses import PageAddress
from descant.discussion.addressing.finding import make_thread
from descant.discussion.deciding.banning import Whom, ban_person
from descant.discussion.deciding.categories import add_category
from descant.discussion.deciding.comments import decide
from descant.discussion.deciding.merging import merge_threads
from descant.discussion.deciding.ruling import make_rule, switch_rule
from descant.discussion.deciding.threads import pin_comment
from descant.discussion.flagging import flag_comment
from descant.discussion.models import Comment, Thread
from descant.discussion.voting import cast_thread_vote, cast_vote
from descant.exchange.importing import run_import
from descant.exchange.leaving.exporting import run_export
from descant.forums.models import Forum
from descant.forums.opening import open_forum
from django_headroom.updates import change
from tests.descant.conftest import Cast
from tests.descant.exchange.exactness import assert_exact

READ_AS = {"disqus": "disqus", "wxr": "wordpress", "native": "native"}


@pytest.fixture
def herald(cast: Cast) -> Forum:
    """An empty forum on the other partition."""
    return open_forum(name="herald", domains=["herald.example"], partition="p2")


@pytest.fixture
def judged(cast: Cast, bread: Thread, say: Callable[..., Comment]) -> Forum:
    """The gazette with what only its own people have made: votes, flags, a rule, a ban, decisions, a merge, a pin."""
    gazette = cast.gazette
    liked, flagged = say("Liked", by=cast.ann), say("Flagged", by=cast.dee)
    cast_vote(forum=gazette, comment=liked, author=cast.cy, value=1)
    cast_vote(forum=gazette, comment=liked, author=cast.guest, value=-1)
    flag_comment(forum=gazette, comment=flagged, author=cast.cy, reason="abuse", note="Look")
    rule = make_rule(
        forum=gazette, title="Pills", kind="words", said={"words": ["pills"]}, effect="hold", by=cast.bo
    )
    switch_rule(forum=gazette, rule=rule, is_on=True, by=cast.bo)
    held = say("Cheap pills", by=cast.guest)
    assert held.state == "waiting"
    whom = Whom("account", str(cast.dee.user.pk), "Dee")  # type: ignore[union-attr]
    ban_person(forum=gazette, whom=whom, by=cast.bo, reason="Enough")
    decide(forum=gazette, comments=[flagged], verdict="hide", by=cast.bo, reason="Rude")
    pin_comment(forum=gazette, thread=bread, comment=liked, by=cast.bo)
    cake = make_thread(gazette, PageAddress(identifier="cake", url="https://gazette.example/cake"))
    merge_threads(forum=gazette, source=cake, target=bread, by=cast.bo)
    cast_thread_vote(forum=gazette, thread=bread, author=cast.cy, value=1)
    recipes = add_category(forum=gazette, by=cast.ann, title="Recipes")
    make_thread(gazette, PageAddress("tea", "https://gazette.example/tea", category=str(recipes.pk)))
    change(gazette, policy="Be kind.", flags_to_hold=7, title="The Gazette", general="News")
    return gazette


@pytest.fixture
def export(cast: Cast, tmp_path: Path) -> Callable[..., Path]:
    """export("disqus") writes the gazette into a file."""

    def write(format: str, forum: Forum | None = None, **options: Any) -> Path:
        path = tmp_path / f"{(forum or cast.gazette).name}.{format}"
        run_export(format=format, forum=forum or cast.gazette, path=path, **options)
        return path

    return write


@pytest.fixture
def move(export: Callable[..., Path], herald: Forum) -> Callable[..., Forum]:
    """move("disqus") brings the gazette into the herald, and checks that it is exact there."""

    def write_and_read(format: str, forum: Forum | None = None, to: Forum | None = None) -> Forum:
        path = export(format, forum)
        report = run_import(format=READ_AS[format], path=path, forum=to or herald)
        assert report.adds_up()
        assert report.comments.skipped == report.comments.merged == 0
        assert_exact(to or herald)
        return to or herald

    return write_and_read
