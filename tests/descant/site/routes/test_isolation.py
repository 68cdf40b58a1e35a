"""No route tells or changes what belongs to another forum: an id from elsewhere is answered like one that is nowhere.

The routes are those of the URL map; one that is in no list here fails, until somebody has said how it names rows.
"""

import re
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import pytest
from django.apps import apps
from django.http import HttpResponseBase

from descant.discussion.addressing.addresses import PageAddress
from descant.discussion.addressing.finding import add_address, make_thread
from descant.discussion.authors import Author
from descant.discussion.models import Appeal, Comment, Decision, Thread
from descant.discussion.posting import Draft, post_comment
from descant.discussion.tree.paths import path_below
from descant.followups.models import Delivery
from descant.forums.keys.issuing import issue_key
from descant.forums.models import Ban, Forum, Key, Rule
from descant.forums.opening import open_forum
from descant.forums.webhooks.targets import Wish, add_target
from tests.descant.conftest import ALL_DATABASES, Cast
from tests.descant.site.routes.asking import answer_to, text_of
from tests.descant.site.routes.walking import ASKED, NAME_NOTHING, NAME_NOTHING_BELOW, PUBLIC, routes

pytestmark = pytest.mark.django_db(databases=ALL_DATABASES)

FAR_ID = (
    700_000_000_001  # of another forum's comment and thread; long, so that nothing else is written like it
)


def test_every_route_is_asked_here_or_names_nothing() -> None:
    unknown = [
        route
        for route in routes()
        if route not in (*ASKED, *NAME_NOTHING, *PUBLIC) and not route.startswith(NAME_NOTHING_BELOW)
    ]
    assert not unknown, f"say in ASKED how these name rows: {unknown}"
    assert not ASKED.keys() - set(routes()), "these routes are no more"


@pytest.mark.parametrize("partition", ["p1", "p2"])
@pytest.mark.parametrize("route", ASKED)
def test_what_is_another_forums_is_answered_as_what_is_nowhere(
    route: str, partition: str, cast: Cast, settings: Any
) -> None:
    settings.DESCANT_COMMENTS_PER_MINUTE = settings.DESCANT_VOTES_PER_MINUTE = 0
    herald = open_forum(name="herald", domains=["herald.example"], owner=cast.dee.user, partition=partition)
    told = names_of(cast, herald)
    before = all_rows(herald)
    for ask in ASKED[route]:
        for who in (cast.ann, cast.bo, cast.cy, cast.guest, Author()):
            foreign, nowhere = (answer_to(ask.filled(names), cast.gazette, who) for names in told)
            assert seen(foreign, told[0]) == seen(nowhere, told[1]), (who, ask)
            assert "Herald only" not in text_of(foreign)
    assert all_rows(herald) == before, "nothing of another forum has changed"


def names_of(cast: Cast, herald: Forum) -> tuple[dict[str, str], dict[str, str]]:
    """The names of rows of the herald, and names of the same kinds that nothing has."""
    thread = Thread.objects.of(herald).create(
        pk=FAR_ID, title="Herald only", url="https://herald.example/far"
    )
    add_address(thread, "identifier", "page-far-away")
    comment = Comment(pk=FAR_ID, thread=thread, text="Herald only.", html="<p>Herald only.</p>")
    comment.forum_id, comment.author = herald.pk, cast.dee.user
    comment.path = path_below(b"", comment.created_at, comment.pk)
    comment.save(force_insert=True, using=herald.partition)
    here = make_thread(cast.gazette, PageAddress("bread", "https://gazette.example/bread"))
    own = post_comment(forum=cast.gazette, thread=here, author=cast.cy, draft=Draft("Rye."))
    decision = Decision(comment=comment, verdict="hide", before="shown", after="hidden")
    decision.forum_id = herald.pk
    decision.save(force_insert=True, using=herald.partition)
    key = issue_key(forum=cast.gazette)
    issue_key(forum=herald)
    target = add_target(forum=herald, wish=Wish("https://herald.example/told"))
    Ban.objects.create(forum=herald, kind="guest", value="x", shown="Gus", reason="x")
    rule = Rule.objects.create(forum=herald, title="Herald only", kind="words", said={"words": ["rye"]})
    Appeal.objects.of(herald).create(comment=comment, said="Herald only, please.")
    herald.import_jobs.create(pk=FAR_ID, format="disqus", file_name="Herald only", file_size=1)
    herald.exports.create(pk=FAR_ID, format="native", file="x", file_name="Herald only", state="finished")
    same = {"own": str(own.pk), "own_thread": str(here.pk)}
    same |= {"key": key.public_key, "secret": key.secret_key, "token": key.access_token}
    there = {
        "comment": str(comment.pk), "thread_id": str(thread.pk), "identifier": "page-far-away",
        "batch": str(decision.batch), "forum": "herald", "host": "herald.example", "owner": str(cast.dee.user.pk),
        "ban": str(Ban.objects.get().pk), "appeal": str(Appeal.objects.of(herald).get().pk),
        "far_key": str(Key.objects.get(forum=herald).pk), "far_target": str(target.pk),
        "far_delivery": str(Delivery.objects.create(target=target, kind="test").pk), "rule": str(rule.pk),
    }  # fmt: skip
    nowhere = {
        "comment": "999999999999", "thread_id": "999999999999", "identifier": "page-of-nobody", "batch": str(uuid4()),
        "forum": "nowhere", "host": "nowhere.example", "owner": "999999999999", "ban": "999999999999",
        "appeal": "999999999999", "far_key": "999999999999", "far_target": "999999999999",
        "far_delivery": "999999999999", "rule": "999999999999",
    }  # fmt: skip
    return {**there, **same}, {**nowhere, **same}


# Also the seconds that are left to edit a comment, of 900.
_OF_THE_MOMENT = re.compile(
    r'<updated>[^<]*|name="csrfmiddlewaretoken" value="[^"]*"|\d{4}-\d\d-\d\dT[\d:.]+|":\s*(?:89\d|900)(?=[,}])'
)


def seen(response: HttpResponseBase, names: Mapping[str, str]) -> tuple[int, str]:
    """What was answered, without the names that were asked for."""
    text = _OF_THE_MOMENT.sub("", text_of(response))
    for name in ("comment", "thread_id", "identifier", "batch", "host", "forum"):
        text = text.replace(names[name], f"{{{name}}}")
    return response.status_code, text


def all_rows(forum: Forum) -> dict[str, list[Any]]:
    """All rows of a forum, in its partition and in the global database."""
    return {
        model._meta.label: sorted(
            map(repr, model._base_manager.using(alias).filter(forum_id=forum.pk).values_list())
        )
        for model in apps.get_models()
        for alias in ({"discussion": forum.partition}.get(model._meta.app_label, "default"),)
        if any(column.attname == "forum_id" for column in model._meta.concrete_fields)
    }
