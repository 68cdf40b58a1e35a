"""No route tells or changes what belongs to another forum: an id from elsewhere is answered like one that is nowhere.

The routes are those of the URL map; one that is in no list here fails, until somebody has said how it names rows.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import orjson
import pytest
from django.apps import apps
from django.http import HttpResponseBase
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from descant.accounts.tokens import issue_token
from descant.discussion.addressing.addresses import PageAddress
from descant.discussion.addressing.finding import add_address, make_thread
from descant.discussion.authors import Author
from descant.discussion.models import Appeal, Comment, Decision, Thread
from descant.discussion.posting import Draft, post_comment
from descant.discussion.tree.paths import path_below
from descant.forums.issuing import issue_key
from descant.forums.models import Ban, Forum, Key
from descant.forums.opening import open_forum
from tests.descant.conftest import ALL_DATABASES, Cast

pytestmark = pytest.mark.django_db(databases=ALL_DATABASES)

FAR_ID = (
    700_000_000_001  # of another forum's comment and thread; long, so that nothing else is written like it
)
THREAD = {"identifier": "bread", "url": "https://gazette.example/bread"}

# Pages of a forum or a person that are for everybody.
PUBLIC = ("f/<str:name>/", "by/<str:name>/")
# Routes that name no row: files, probes, pages of accounts, and the parts of signing in.
NAME_NOTHING = (
    "",
    "healthz",
    "embed.js",
    "count.js",
    "embed/do/guest",
    "embed/do/collect",
    "embed/do/sign_out",
)
NAME_NOTHING_BELOW = ("accounts/", "<slug:shortname>/embed.js", "<slug:shortname>/count.js", "static/")


@dataclass(frozen=True)
class Ask:
    """A request with places for names of rows, such as ``{comment}``, in its path, query or body."""

    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None
    form: Mapping[str, str] | None = None

    def filled(self, names: Mapping[str, str]) -> "Ask":
        return Ask(*(_filled(part, names) for part in (self.path, self.query, self.body, self.form)))


def _filled(part: Any, names: Mapping[str, str]) -> Any:
    match part:
        case str():
            for name, value in names.items():
                part = part.replace(f"{{{name}}}", value)
            return part
        case Mapping():
            return {key: _filled(value, names) for key, value in part.items()}
        case list():
            return [_filled(each, names) for each in part]
    return part


ITEMS = ("gazette:{comment}:shown", "{forum}:{comment}:shown", "{forum}:{comment}:shown:alike")


def call(act: str, **body: Any) -> Ask:
    return Ask(f"/embed/do/{act}", body={"forum": "gazette", **body})


ASKED: dict[str, list[Ask]] = {
    "count-data.js": [Ask("/count-data.js", {"1": "{thread_id}", "f": "gazette"})],
    "<slug:shortname>/count-data.js": [Ask("/gazette/count-data.js", {"1": "{thread_id}"})],
    "embed/comments/": [
        Ask("/embed/comments/", {"f": "gazette", "t_i": "bread", "cursor": f"{kind}-{{comment}}"})
        for kind in ("descant", "comment")
    ],
    "embed/feed/": [Ask("/embed/feed/", {"f": "gazette", "t_i": "{identifier}"})],
    "embed/sign-in/": [Ask("/embed/sign-in/", {"f": "gazette"})],
    "embed/do/mine": [call("mine", thread=THREAD, comments=["{comment}", "{own}"])],
    "embed/do/post": [call("post", thread=THREAD, parent="{comment}", text="Rye.", key="k" * 40, name="Gus")],
    "embed/do/preview": [call("preview", text="{comment}")],
    **{
        f"embed/do/{act}": [call(act, comment="{comment}", **more)]
        for act, more in {
            "edit": {"text": "Mine now."},
            "source": {},
            "delete": {},
            "vote": {"value": 1},
            "decide": {"verdict": "hide", "reason": "x"},
            "pin": {},
            "flag": {"reason": "spam"},
            "ban": {"reason": "x", "kind": "author", "days": "1"},
            "block": {},
        }.items()
    },
    "embed/do/prefer": [call("prefer", order="newest", comment="{comment}")],
    "embed/do/thread": [call("thread", thread={"identifier": "{identifier}"}, state="closed")],
    "api/3.0/posts/create.json": [
        Ask(
            "/api/3.0/posts/create.json",
            form={"api_key": "{key}", "message": "Rye.", "author_name": "Gus", **more},
        )
        for more in (
            {"thread": "{thread_id}"},
            {"thread:ident": "bread", "parent": "{comment}"},
            {"thread:ident": "bread", "forum": "{forum}"},
        )
    ],
    "api/3.0/threads/listPosts.json": [
        Ask("/api/3.0/threads/listPosts.json", {"api_key": "{key}", "thread": "{thread_id}"})
    ],
    "moderate/": [
        Ask("/moderate/", asked)
        for asked in (
            {"forum": "{forum}"},
            {"forum": "gazette", "tab": "all", "at": "gazette:{comment}:shown"},
            {"forum": "gazette", "tab": "all", "at": "{forum}:{comment}:shown"},
            {"forum": "gazette", "tab": "all", "reason": "{comment}", "q": "Herald"},
        )
    ],
    "moderate/near/": [Ask("/moderate/near/", {"item": item}) for item in ITEMS],
    **{
        f"moderate/{page}/": [Ask(f"/moderate/{page}/", {"forum": "{forum}"})]
        for page in ("log", "bans", "appeals")
    },
    "moderate/merge/": [
        Ask("/moderate/merge/", {"forum": forum, "thread": "{thread_id}"}) for forum in ("gazette", "{forum}")
    ],
    **{
        f"moderate/do/{act}": [Ask(f"/moderate/do/{act}", form={"item": item, **more}) for item in ITEMS]
        for act, more in {
            "decide": {"verdict": "hide", "why": "x"},
            "edit": {"text": "Mine now.", "was": ""},
            "pin": {},
            "ban": {"kind": "account", "reason": "x", "days": "1"},
            "undo": {"batch": "{batch}"},
        }.items()
    },
    **{
        f"moderate/do/{act}": [
            Ask(f"/moderate/do/{act}", form={"forum": forum, **more}) for forum in ("gazette", "{forum}")
        ]
        for act, more in {
            "thread": {"thread": "{thread_id}", "state": "closed"},
            "merge": {"source": "{thread_id}", "target": "{own_thread}"},
            "lift": {"ban": "{ban}"},
            "answer": {"appeal": "{appeal}", "answer": "x", "granted": "yes"},
        }.items()
    },
    "f/<slug:name>/transparency/": [Ask("/f/{forum}/transparency/")],
    **{
        f"f/<str:name>/settings/{page}": [
            Ask(f"/f/{{forum}}/settings/{page}"),
            Ask(f"/f/{{forum}}/settings/{page}", form=form),
            Ask(f"/f/gazette/settings/{page}", form=form),
        ]
        for page, form in {
            "domains/": {"remove": "{host}"},
            "people/": {"remove": "{owner}"},
            "keys/": {"remove": "{far_key}"},
            "rules/": {"remove": "{comment}"},
        }.items()
    },
    **{
        f"f/<str:name>/settings/{page}": [
            Ask(f"/f/{{forum}}/settings/{page}"),
            Ask(f"/f/{{forum}}/settings/{page}", form={"title": "Mine", "policy": "Mine"}),
        ]
        for page in ("", "policy/", "look/")
    },
}


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
    key = issue_key(forum=cast.gazette).public_key
    issue_key(forum=herald)
    Ban.objects.create(forum=herald, kind="guest", value="x", shown="Gus", reason="x")
    Appeal.objects.of(herald).create(comment=comment, said="Herald only, please.")
    same = {"own": str(own.pk), "own_thread": str(here.pk), "key": key}
    there = {
        "comment": str(comment.pk), "thread_id": str(thread.pk), "identifier": "page-far-away",
        "batch": str(decision.batch), "forum": "herald", "host": "herald.example", "owner": str(cast.dee.user.pk),
        "ban": str(Ban.objects.get().pk), "appeal": str(Appeal.objects.of(herald).get().pk),
        "far_key": str(Key.objects.get(forum=herald).pk),
    }  # fmt: skip
    nowhere = {
        "comment": "999999999999", "thread_id": "999999999999", "identifier": "page-of-nobody", "batch": str(uuid4()),
        "forum": "nowhere", "host": "nowhere.example", "owner": "999999999999", "ban": "999999999999",
        "appeal": "999999999999", "far_key": "999999999999",
    }  # fmt: skip
    return {**there, **same}, {**nowhere, **same}


def answer_to(ask: Ask, forum: Forum, who: Author) -> HttpResponseBase:
    client = Client(HTTP_ORIGIN="http://testserver")
    if ask.body is None and who.user is not None:
        client.force_login(who.user)
    if ask.form is not None:
        return client.post(ask.path, ask.form)
    if ask.body is None:
        return client.get(ask.path, ask.query)
    bearer = {}
    if who.voter:
        bearer["HTTP_AUTHORIZATION"] = (
            f"Bearer {issue_token(forum_id=forum.pk, user=who.user, guest=who.guest)}"
        )
    return client.post(ask.path, orjson.dumps(ask.body), content_type="application/json", **bearer)


_OF_THE_MOMENT = re.compile(
    r'<updated>[^<]*|name="csrfmiddlewaretoken" value="[^"]*"|\d{4}-\d\d-\d\dT[\d:.]+'
)


def seen(response: HttpResponseBase, names: Mapping[str, str]) -> tuple[int, str]:
    """What was answered, without the names that were asked for."""
    text = _OF_THE_MOMENT.sub("", text_of(response))
    for name in ("comment", "thread_id", "identifier", "batch", "host", "forum"):
        text = text.replace(names[name], f"{{{name}}}")
    return response.status_code, text


def text_of(response: Any) -> str:
    return b"".join(response).decode() if response.streaming else response.content.decode()


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


def routes() -> Iterator[str]:
    yield from _routes_in(get_resolver().url_patterns, "")


def _routes_in(patterns: list[Any], before: str) -> Iterator[str]:
    for pattern in patterns:
        match pattern:
            case URLResolver():
                yield from _routes_in(pattern.url_patterns, f"{before}{pattern.pattern}")
            case URLPattern():
                yield f"{before}{pattern.pattern}"
