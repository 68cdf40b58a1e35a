"""Rules for the tests: ``rule("words", words=["pills"])`` writes one on the gazette and switches it on."""

from collections.abc import Callable
from typing import Any

import pytest

from descant.discussion.deciding.ruling import make_rule, switch_rule
from descant.forums.models import Forum, Rule
from django_headroom.identity import bypassed
from tests.descant.conftest import Cast

Write = Callable[..., Rule]


@pytest.fixture
def rule(cast: Cast) -> Write:
    def write(kind: str, *, effect: str = "hold", forum: Forum | None = cast.gazette, **said: Any) -> Rule:
        if forum is None:
            cast.ann.user.is_staff = True  # type: ignore[union-attr]
        with bypassed():
            made = make_rule(
                forum=forum, title=f"About {kind}", kind=kind, said=said, effect=effect, by=cast.ann
            )
        switch_rule(forum=forum, rule=made, is_on=True, by=cast.ann)
        return made

    return write
