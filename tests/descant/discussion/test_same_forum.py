"""The database keeps what is said within its forum: no statement ties a row to another forum's."""

import pytest
from django.apps import apps
from django.db import IntegrityError, connections, transaction

from descant.discussion.addressing.addresses import PageAddress
from descant.discussion.addressing.finding import make_thread
from descant.discussion.authors import Author
from descant.discussion.models import Comment, Flag, Thread, Vote
from descant.discussion.posting import Draft, post_comment
from descant.forums.models import Forum
from descant.forums.opening import open_forum
from django_headroom.partitions import SameTenant
from tests.descant.conftest import ALL_DATABASES, Cast

pytestmark = pytest.mark.django_db(databases=ALL_DATABASES)

KINDS = {
    "comment": "UPDATE discussion_comment SET {column} = {foreign} WHERE id = {own}",
    "vote": "UPDATE discussion_vote SET {column} = {foreign}",
    "flag": "UPDATE discussion_flag SET {column} = {foreign}",
}


@pytest.fixture
def herald(cast: Cast) -> Forum:
    return open_forum(name="herald", domains=["herald.example"], partition=cast.gazette.partition)


def said(forum: Forum, by: Author) -> Comment:
    thread = make_thread(forum, PageAddress("bread", f"https://{forum.name}.example/bread"))
    return post_comment(forum=forum, thread=thread, author=by, draft=Draft("Rye."))


@pytest.mark.parametrize(
    ("kind", "column"),
    [
        ("comment", "forum_id"),
        ("comment", "thread_id"),
        ("comment", "parent_id"),
        ("vote", "comment_id"),
        ("flag", "comment_id"),
    ],
)
def test_nothing_is_tied_to_another_forums(kind: str, column: str, cast: Cast, herald: Forum) -> None:
    own, foreign = said(cast.gazette, cast.cy), said(herald, cast.dee)
    Vote.objects.of(cast.gazette).create(comment=own, voter="u1", value=1)
    Flag.objects.of(cast.gazette).create(comment=own, flagger="u1", reason="spam")
    ids = {"forum_id": herald.pk, "thread_id": foreign.thread_id}
    names = {"own": own.pk, "column": column, "foreign": ids.get(column, foreign.pk)}
    here = connections[cast.gazette.partition]
    with pytest.raises(IntegrityError), transaction.atomic(here.alias), here.cursor() as cursor:
        cursor.execute(KINDS[kind].format(**names))
        here.check_constraints()


def test_a_thread_leads_to_its_own_forum_alone(cast: Cast, herald: Forum) -> None:
    own, foreign = said(cast.gazette, cast.cy).thread, said(herald, cast.dee)
    here = connections[cast.gazette.partition]
    for tie in ({"pinned": foreign.pk}, {"merged_into": foreign.thread_id}):
        with pytest.raises(IntegrityError), transaction.atomic(here.alias):
            Thread._base_manager.using(here.alias).filter(pk=own.pk).update(**tie)
            here.check_constraints()


def test_every_tie_is_kept_in_the_database(cast: Cast) -> None:
    here = connections[cast.gazette.partition]
    asked = "SELECT sql FROM sqlite_master WHERE type = 'table'"
    if here.vendor == "postgresql":
        asked = "SELECT conname FROM pg_constraint WHERE contype = 'f' AND convalidated"
    with here.cursor() as cursor:
        cursor.execute(asked)
        kept = " ".join(sql for (sql,) in cursor.fetchall())
    for model in apps.get_app_config("discussion").get_models():
        for constraint in model._meta.constraints:
            assert not isinstance(constraint, SameTenant) or constraint.name in kept
