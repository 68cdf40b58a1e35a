"""Every route of the URL map, and how each that names rows is asked for them."""

from collections.abc import Iterator
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

from descant.api.declaring import Endpoint
from tests.descant.site.routes.asking import Ask
from tests.descant.site.routes.walking_api import READING, ROUTES, SCRIPTS, asked_by, script_path

THREAD = {"identifier": "bread", "url": "https://gazette.example/bread"}

# Pages of a forum or a person that are for everybody.
PUBLIC = ("f/<str:name>/", "by/<str:name>/")
# Routes that name no row: files, probes, pages of accounts, and the parts of signing in.
NAME_NOTHING = (
    "",
    "healthz",
    "api/",
    "api/openapi.json",
    "embed.js",
    "count.js",
    "embed/do/guest",
    "embed/do/collect",
    "embed/do/sign_on",
    "embed/do/sign_out",
)
NAME_NOTHING_BELOW = (
    "accounts/",
    "operate/",
    "api/<int:project>/envelope/",
    "<slug:shortname>/embed.js",
    "<slug:shortname>/count.js",
    "static/",
)


ITEMS = ("gazette:{comment}:shown", "{forum}:{comment}:shown", "{forum}:{comment}:shown:alike")


RULE = {"kind": "words", "title": "Mine", "words": "rye", "effect": "spam", "state": "on"}


# What an owner's form says, by the section of the settings.
SETTINGS = {
    "": {
        "title": "G",
        "language": "de",
        "premoderation": "first",
        "flags_to_hold": "1",
        "when_unjudged": "hold",
    },
    "domains/": {"add": "", "domain": "blog.example"},
    "categories/": {"add": "", "title": "Recipes"},
    "people/": {"add": "", "whom": "cy@mail.example", "kind": "trusted"},
    "policy/": {"policy": "Be kind."},
    "look/": {"font": "Georgia"},
    "keys/": {"rotate": "KEY"},
    "webhooks/": {
        "add": "",
        "url": "https://gazette.example/told",
        "events": "comment.created",
        "dialect": "standard",
    },
    "exports/": {"make": "", "format": "disqus"},
}


def call(act: str, **body: Any) -> Ask:
    return Ask(f"/embed/do/{act}", body={"forum": "gazette", **body})


def api_asks(endpoint: Endpoint) -> list[Ask]:
    """Of a thread that is elsewhere and for a forum that is, by each kind of key; reading also as the example says."""
    path, asks = f"/{endpoint.path}", []
    for key in endpoint.keys:
        asked = asked_by(endpoint, key)
        there = {**asked, "thread": "{thread_id}"} if "thread:ident" in asked else asked
        there.pop("thread:ident", None)
        every = [there, {**asked, "forum": "{forum}"}]
        if endpoint.method == "GET":
            asks += [Ask(path, each) for each in (asked, *every)]
        else:
            asks += [Ask(path, form=each) for each in every]
    return asks


def script_asks(endpoint: Endpoint) -> list[Ask]:
    """The same as a script, by the public key."""
    asks = [ask for ask in api_asks(endpoint) if "api_key" in ask.query]
    return [Ask(f"/{script_path(endpoint)}", {**ask.query, "callback": "told"}) for ask in asks]


ASKED: dict[str, list[Ask]] = {
    "count-data.js": [Ask("/count-data.js", {"1": "{thread_id}", "f": "gazette"})],
    "<slug:shortname>/count-data.js": [Ask("/gazette/count-data.js", {"1": "{thread_id}"})],
    "embed/comments/": [
        Ask("/embed/comments/", {"f": "gazette", "t_i": "bread", "cursor": f"{kind}-{{comment}}"})
        for kind in ("descant", "comment")
    ],
    "embed/changes/": [Ask("/embed/changes/", {"f": "gazette", "thread": "{thread_id}", "since": "1-0"})],
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
            "appeal": {"said": "Please."},
        }.items()
    },
    "embed/do/follow": [call("follow", thread={"identifier": "{identifier}"})],
    "mail/stop/<str:token>/": [Ask("/mail/stop/{comment}/", form={})],
    "mail/invitation/<str:token>/": [Ask("/mail/invitation/{comment}/", form={})],
    "mail/confirm/<str:token>/": [Ask("/mail/confirm/{comment}/", form={})],
    "embed/do/prefer": [call("prefer", order="newest", comment="{comment}")],
    "embed/do/thread": [call("thread", thread={"identifier": "{identifier}"}, state="closed")],
    **{route: api_asks(endpoint) for route, endpoint in ROUTES.items()},
    SCRIPTS: [ask for endpoint in READING for ask in script_asks(endpoint)],
    **{
        f"api/3.0/{name}.json": [
            Ask(f"/api/3.0/{name}.json", form={"api_key": "{key}", "access_token": "{token}", **form})
            for form in forms
        ]
        for name, forms in {
            "posts/update": ({"post": "{comment}", "message": "Rye."},),
            "posts/vote": ({"post": "{comment}", "vote": "1"},),
            "posts/report": ({"post": "{comment}"},),
            **{
                f"posts/{verdict}": ({"post": "{comment}"}, {"post": "{comment}", "forum": "{forum}"})
                for verdict in ("approve", "remove", "restore", "spam", "highlight", "unhighlight")
            },
            "threads/create": (
                {"title": "Ham", "url": "https://{host}/ham"},
                {"title": "Ham", "forum": "{forum}"},
            ),
            **{
                f"threads/{verb}": ({"thread": "{thread_id}"}, {"thread:ident": "{identifier}"})
                for verb in ("open", "close")
            },
            "forums/create": (
                {"name": "Ham", "short_name": "h_m", "website": "https://{host}", "forum": "{forum}"},
            ),
            "forums/webhooks/create": (
                {"url": "https://{host}/told", "secret": "s" * 40, "forum": "{forum}"},
            ),
            "forums/addModerator": ({"user": "{comment}"}, {"user": "cy", "forum": "{forum}"}),
            "forums/removeModerator": (
                {"moderator": "{owner}"},
                {"moderator": "{owner}", "forum": "{forum}"},
            ),
            **{
                f"{colour}lists/{verb}": ({"user": who, "forum": "{forum}"},)
                for colour, who in (("black", "1"), ("white", "cy"))
                for verb in ("add", "remove")
            },
        }.items()
    },
    **{
        f"api/3.0/{colour}lists/list.json": [
            Ask(f"/api/3.0/{colour}lists/list.json", {"access_token": "{token}", **more})
            for more in ({}, {"forum": "{forum}"})
        ]
        for colour in ("black", "white")
    },
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
    "moderate/rules/": [Ask("/moderate/rules/", {"forum": "{forum}"})],
    "moderate/rules/new/": [Ask("/moderate/rules/new/", {"whose": "{forum}", "kind": "words"})],
    "moderate/rules/one/": [
        Ask("/moderate/rules/one/", {"whose": whose, "rule": "{rule}"})
        for whose in ("gazette", "{forum}", "*")
    ],
    **{
        route: [
            Ask(f"/{route}", form={"whose": whose, "rule": "{rule}", "version": "1", "on": "{forum}", **RULE})
            for whose in ("gazette", "{forum}", "*")
        ]
        for route in ("moderate/rules/try/", "moderate/do/rule", "moderate/do/rule_state")
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
    **{
        f"f/<str:name>/settings/webhooks/<int:target_id>/{rest}": [
            Ask(f"/f/{forum}/settings/webhooks/{{far_target}}/{named}", form=form)
            for forum in ("gazette", "{forum}")
            for form in (None, {"turn": ""}, {"test": ""}, {"resend": "{far_delivery}"})
        ]
        for rest, named in (("", ""), ("<int:key>/", "{far_delivery}/"))
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
            "categories/": {"remove": "{comment}"},
            "people/": {"remove": "{owner}"},
            "keys/": {"remove": "{far_key}"},
            "webhooks/": {"remove": "{far_target}"},
            "exports/": {"make": "", "format": "disqus"},
            "rules/": {"remove": "{comment}"},
            "history/": {"before": "{comment}"},
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

ASKED["api/3.0/posts/create.json"].append(
    Ask(
        "/api/3.0/posts/create.json",
        form={"api_key": "{key}", "message": "Rye.", "author_name": "Gus", "thread:ident": "bread"}
        | {"parent": "{comment}"},
    )
)


def routes() -> Iterator[str]:
    yield from _routes_in(get_resolver().url_patterns, "")


def _routes_in(patterns: list[Any], before: str) -> Iterator[str]:
    for pattern in patterns:
        match pattern:
            case URLResolver():
                yield from _routes_in(pattern.url_patterns, f"{before}{pattern.pattern}")
            case URLPattern():
                yield f"{before}{pattern.pattern}"
