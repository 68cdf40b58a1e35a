"""One file says what each page and call may cost; here each is asked as dearly as people ask it, and costs just that.

Nothing is remembered of the forum or the thread when it is asked: as in a process that was started just now.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.http import HttpResponse
from django.test import Client

from descant.accounts.preferring import show_profile
from descant.accounts.tokens import issue_token
from descant.api.declaring import ENDPOINTS
from descant.discussion.addressing.addresses import PageAddress
from descant.discussion.addressing.finding import make_thread
from descant.discussion.deciding import decide
from descant.discussion.models import Comment
from descant.discussion.posting import Draft, post_comment
from descant.discussion.tree import cursors
from descant.discussion.tree.cursors import AfterTop
from descant.followups.models import Delivery
from descant.forums.keys.issuing import issue_key
from descant.forums.models import Key
from descant.forums.signing_on.keys import keys_in_force, make_key
from descant.forums.signing_on.people import signed_on
from descant.forums.webhooks.targets import Wish, add_target
from django_headroom.delayed.worker import drain
from django_headroom.testing import RouteBudgets, route_budgets
from tests.conftest import BUDGETS
from tests.descant.api.acting import ACTS, example_of, forget, script_of
from tests.descant.conftest import Cast
from tests.descant.embed.test_signing_in import FROM_OUR_FRAME, POPUP, SECRET, press
from tests.descant.signing import EVE, signed
from tests.descant.site.routes.mailed import invitation_of, token_of, token_of_guest
from tests.descant.site.routes.walking import SETTINGS

Say = Callable[..., Comment]
WEBHOOK = "f/<str:name>/settings/webhooks/<int:target_id>/"
PAGE = {"identifier": "bread", "url": "https://gazette.example/bread"}
NEW = {
    "identifier": "ham",
    "url": "https://gazette.example/ham",
    "title": "Ham",
}  # where a thread has to be made


def test_every_route_has_a_budget_and_every_budget_a_route() -> None:
    assert RouteBudgets.read(BUDGETS).faults() == []


@dataclass
class Site:
    """A thread with an answered comment, one that waits and one that is hidden, and who asks about them."""

    client: Client
    cast: Cast
    comment: Comment
    answer: Comment
    keys: dict[str, str]

    @property
    def key(self) -> str:
        return self.keys["api_key"]

    def call(self, act: str, **body: Any) -> HttpResponse:
        """By the moderator, who sees most."""
        token = issue_token(forum_id=self.cast.gazette.pk, user=self.cast.bo.user)
        sent = {"forum": "gazette", "thread": PAGE, "comment": str(self.comment.pk), "lang": "en", **body}
        headers = {"Origin": "http://testserver", "Authorization": f"Bearer {token}"}
        forget()
        return self.client.post(f"/embed/do/{act}", json.dumps(sent), "application/json", headers=headers)

    def get(self, address: str, **asked: Any) -> HttpResponse:
        forget()
        return self.client.get(address, {"f": "gazette", "t_i": "bread", "t_u": PAGE["url"], **asked})


@pytest.fixture
def site(cast: Cast, say: Say, client: Client, settings: Any) -> Site:
    comment = say("Rye.", by=cast.bo)
    answer = say("Wheat.", to=comment)
    hidden = say("Sawdust.", to=comment)
    decide(forum=cast.gazette, comments=[hidden], verdict="hide", by=cast.ann)
    settings.DESCANT_COMMENTS_PER_MINUTE = settings.DESCANT_VOTES_PER_MINUTE = 10  # to be paced costs as well
    issued = issue_key(forum=cast.gazette)
    keys = {
        "api_key": issued.public_key,
        "api_secret": issued.secret_key,
        "access_token": issued.access_token,
    }
    return Site(client, cast, comment, answer, keys)


def signed_in(site: Site) -> Client:
    client = Client()
    client.force_login(site.cast.cy.user, "allauth.account.auth_backends.AuthenticationBackend")
    return client


def grant(site: Site) -> HttpResponse:
    client = signed_in(site)
    page = client.get(POPUP, **FROM_OUR_FRAME)
    forget()
    return press(client, page)


def collect(site: Site) -> HttpResponse:
    grant(site)
    return site.call("collect", secret=SECRET)


def open_pop_up(site: Site) -> HttpResponse:
    client = signed_in(site)
    forget()
    return client.get(POPUP, **FROM_OUR_FRAME)


def create(site: Site) -> HttpResponse:
    said = {"api_key": site.key, "message": "Oats.", "author_name": "Gus", **NEW}
    forget()
    return site.client.post("/api/3.0/posts/create.json", said)


def read_profile(site: Site) -> HttpResponse:
    """Of somebody who has written on both partitions, and agreed to be seen on each forum."""
    cy, tribune = site.cast.cy, site.cast.tribune
    assert cy.user is not None
    thread = make_thread(tribune, PageAddress("bread", "https://tribune.example/bread"))
    post_comment(forum=tribune, thread=thread, author=cy, draft=Draft(text="Rye."))
    forums = [site.cast.gazette.pk, tribune.pk]
    show_profile(user=cy.user, name="cyril", scope="forums", forum_ids=forums)
    for alias in ("p1", "p2"):
        while drain(alias):
            continue
    return site.get("/by/cyril/")


def sign_on(site: Site) -> HttpResponse:
    """Of somebody whose site has given her another name since."""
    key = make_key(forum=site.cast.gazette)
    signed_on(forum=site.cast.gazette, written=signed(EVE, key.secret_key))
    keys_in_force.forget()
    return site.call("sign_on", message=signed({**EVE, "username": "Eva"}, key.secret_key))


def owning(section: str, said: dict[str, str] | None = None) -> Callable[[Site], HttpResponse]:
    """The owner reads a section of the settings, or sends its form."""

    def ask(site: Site) -> HttpResponse:
        EmailAddress.objects.create(user=site.cast.cy.user, email="cy@mail.example", verified=True)
        client = Client()
        client.force_login(site.cast.ann.user, "allauth.account.auth_backends.AuthenticationBackend")
        key = str(Key.objects.get(public_key=site.key).pk)
        forget()
        address = f"/f/gazette/settings/{section}"
        if said is None:
            return client.get(address)
        return client.post(address, {name: value.replace("KEY", key) for name, value in said.items()})

    return ask


def webhook(rest: str = "", said: dict[str, str] | None = None) -> Callable[[Site], HttpResponse]:
    """The owner reads the page of a webhook with deliveries, or changes it."""

    def ask(site: Site) -> HttpResponse:
        target = add_target(forum=site.cast.gazette, wish=Wish("https://gazette.example/other"))
        made = {"target": target, "kind": "comment.created", "comment_id": site.comment.pk, "state": "dead"}
        delivery = [Delivery.objects.create(**made) for _number in range(3)][0]
        page = f"webhooks/{target.pk}/{rest.replace('KEY', str(delivery.pk))}"
        return owning(
            page, {name: value or str(delivery.pk) for name, value in said.items()} if said else None
        )(site)

    return ask


def appeal(site: Site) -> HttpResponse:
    own = site.comment
    decide(forum=site.cast.gazette, comments=[own], verdict="hide", by=site.cast.ann)
    return site.call("appeal", said="Please.")


SECOND_PAGE = cursors.write(AfterTop(1e9, 1 << 60))  # a first one takes a query less
ASKED: dict[str, Callable[[Site], HttpResponse]] = {
    "GET embed/comments/": lambda site: site.get("/embed/comments/", cursor=SECOND_PAGE),
    "GET embed/changes/": lambda site: site.get(
        "/embed/changes/", thread=str(site.comment.thread_id), since="1-0"
    ),
    "GET embed/feed/": lambda site: site.get("/embed/feed/"),
    "GET count-data.js": lambda site: site.get(
        "/count-data.js", **{"1": ["bread", "ham"], "2": [PAGE["url"]]}
    ),
    "GET <slug:shortname>/count-data.js": lambda site: site.get("/gazette/count-data.js", **{"1": ["bread"]}),
    "GET embed.js": lambda site: site.get("/embed.js"),
    "GET count.js": lambda site: site.get("/count.js"),
    "GET <slug:shortname>/embed.js": lambda site: site.get("/gazette/embed.js"),
    "GET <slug:shortname>/count.js": lambda site: site.get("/gazette/count.js"),
    "GET healthz": lambda site: site.get("/healthz"),
    "GET ": lambda site: site.get("/"),
    "GET embed/sign-in/": open_pop_up,
    "POST embed/sign-in/": grant,
    "POST embed/do/collect": collect,
    "POST embed/do/guest": lambda site: site.call("guest"),
    "POST embed/do/sign_on": sign_on,
    "POST embed/do/sign_out": lambda site: site.call("sign_out"),
    "POST embed/do/mine": lambda site: site.call(
        "mine", comments=[str(site.comment.pk)], blocked=[str(site.answer.pk)]
    ),
    "POST embed/do/appeal": appeal,
    "POST embed/do/block": lambda site: site.call("block", comment=str(site.answer.pk)),
    "POST embed/do/prefer": lambda site: site.call("prefer", order="newest"),
    "POST embed/do/follow": lambda site: site.call("follow"),
    "GET mail/stop/<str:token>/": lambda site: site.get(f"/mail/stop/{token_of(site)}/"),
    "POST mail/stop/<str:token>/": lambda site: site.client.post(f"/mail/stop/{token_of(site)}/"),
    "GET mail/confirm/<str:token>/": lambda site: site.get(f"/mail/confirm/{token_of_guest(site)}/"),
    "POST mail/confirm/<str:token>/": lambda site: site.client.post(f"/mail/confirm/{token_of_guest(site)}/"),
    "GET mail/invitation/<str:token>/": lambda site: signed_in(site).get(invitation_of(site)),
    "POST mail/invitation/<str:token>/": lambda site: signed_in(site).post(invitation_of(site)),
    "GET f/<str:name>/": lambda site: site.get("/f/gazette/"),
    "GET by/<str:name>/": read_profile,
    "GET f/<str:name>/settings/rules/": owning("rules/"),
    "GET f/<str:name>/settings/history/": owning("history/"),
    **{f"GET f/<str:name>/settings/{section}": owning(section) for section in SETTINGS},
    **{f"POST f/<str:name>/settings/{section}": owning(section, said) for section, said in SETTINGS.items()},
    f"GET {WEBHOOK}": webhook(),
    f"POST {WEBHOOK}": webhook(
        said={"change": "yes", "url": "https://b.example", "events": "comment.created", "dialect": "disqus"}
    ),
    f"GET {WEBHOOK}<int:key>/": webhook("KEY/"),
    f"POST {WEBHOOK}<int:key>/": webhook("KEY/", {"resend": ""}),
    "POST embed/do/post": lambda site: site.call("post", text="Oats.", key="k" * 32, thread=NEW),
    "POST embed/do/preview": lambda site: site.call("preview", text="Oats."),
    "POST embed/do/edit": lambda site: site.call("edit", text="Oats."),
    "POST embed/do/source": lambda site: site.call("source"),
    "POST embed/do/delete": lambda site: site.call("delete"),
    "POST embed/do/vote": lambda site: site.call("vote", comment=str(site.answer.pk), value=1),
    "POST embed/do/decide": lambda site: site.call("decide", verdict="hide"),
    "POST embed/do/pin": lambda site: site.call("pin"),
    "POST embed/do/flag": lambda site: site.call("flag", comment=str(site.answer.pk), reason="spam"),
    "POST embed/do/ban": lambda site: site.call(
        "ban", comment=str(site.answer.pk), reason="spam", kind="author", days="1"
    ),
    "POST embed/do/thread": lambda site: site.call("thread", state="closed"),
    **{f"{each.method} {each.path}": example_of(each) for each in ENDPOINTS.values()},
    "POST api/3.0/posts/create.json": create,
    "GET api/3.0/<path:name>.jsonp": script_of(ENDPOINTS["threads/listChanges"]),
    "GET api/": lambda site: site.get("/api/"),
    "GET api/openapi.json": lambda site: site.get("/api/openapi.json"),
    **ACTS,
}


OTHERS = (
    "api/<int:project>/envelope/",
    "accounts/",
    "moderate/",
    "operate/",
    "f/<slug:name>/transparency/",
)  # their own tests count what they ask
RACED = {"POST api/3.0/posts/create.json": 1}  # what it costs more where two write the same at once
SELDOM = [
    "accounts/3rdparty/signup/",
    "accounts/confirm-email/no-such-key/",
    "accounts/password/reset/key/done/",
    *(f"accounts/social/{name}/" for name in ("login/cancelled", "login/error", "signup", "connections")),
]


@pytest.mark.parametrize("line", ASKED)
def test_a_page_costs_just_what_its_budget_says(line: str, site: Site) -> None:
    with route_budgets(BUDGETS) as budgets:
        answer = ASKED[line](site)
    assert answer.status_code < 400, answer.content
    method, _space, route = line.partition(" ")
    assert budgets.dearest[line] == (budgets.most(method, route) or 0) - RACED.get(line, 0)


def test_all_that_is_ours_is_asked() -> None:
    ours = {
        line
        for line in RouteBudgets.read(BUDGETS).lines
        if not RouteBudgets.route_of(line).startswith(OTHERS)
    }
    assert {RouteBudgets.route_of(line) for line in ours} == {line.partition(" ")[2] for line in ASKED}


@pytest.mark.parametrize("page", SELDOM)
def test_a_page_that_is_seldom_asked_keeps_its_budget_too(page: str, site: Site) -> None:
    with route_budgets(BUDGETS) as budgets:
        assert signed_in(site).get(f"/{page}").status_code in (200, 301, 302, 404)
    assert len(budgets.dearest) == 1
