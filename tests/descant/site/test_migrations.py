"""The migrations make what the models say, and bring what older versions wrote to what newer ones mean."""

from collections.abc import Callable
from importlib import import_module

from django.core.management import call_command
from django.db import connections

from descant.discussion.deciding import decide
from descant.discussion.models import Comment
from tests.descant.conftest import Cast


def test_no_model_has_changed_without_a_migration(db: None) -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_answers_at_the_deepest_level_are_counted_after_an_upgrade(
    cast: Cast, say: Callable[..., Comment]
) -> None:
    chain = [say("0")]
    for number in range(1, 12):
        chain.append(say(str(number), to=chain[-1]))
    decide(forum=cast.gazette, comments=[chain[7], chain[11]], verdict="hide", by=cast.bo)
    rows = Comment.objects.of(cast.gazette).order_by("pk")
    right = list(rows.values_list("replies", "drawn"))
    Comment.objects.of(cast.gazette).filter(level=7).update(replies=0)
    Comment.objects.of(cast.gazette).filter(pk=chain[7].pk).update(drawn=False)
    assert list(rows.values_list("replies", "drawn")) != right
    with connections[cast.gazette.partition].cursor() as cursor:
        cursor.execute(import_module("descant.discussion.migrations.0004_count_deepest_answers").COUNT)
    assert list(rows.values_list("replies", "drawn")) == right
