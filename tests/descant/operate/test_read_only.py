"""While a site or a forum is only read nothing of it changes, by whatever route: each one is asked for it here."""

import re
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.apps import apps
from django.http import HttpResponse
from django.test import Client

from descant.accounts.preferring import show_profile
from descant.discussion.addressing.addresses import PageAddress
from descant.discussion.addressing.finding import make_thread
from descant.discussion.deciding import decide
from descant.discussion.deciding.appealing import appeal_against
from descant.discussion.deciding.banning import address_range, ban_person
from descant.discussion.deciding.ruling import make_rule
from descant.discussion.models import Comment
from django_headroom.operations.switches import switches
from django_headroom.testing import RouteBudgets
from tests.conftest import BUDGETS
from tests.descant.site.routes.walking import RULE, routes
from tests.descant.site.test_budgets import ASKED, Site, owning, signed_in, webhook
from tests.descant.site.test_budgets import site as site

Ask = Callable[[Site], HttpResponse]
NOT_NOW = "The comments can only be read just now"

# What goes on: who somebody is and how she proves it, how she ends what she is told, what operators do.
GOES_ON = (
    "accounts/",
    "embed/sign-in/",
    "embed/do/collect",
    "embed/do/guest",
    "embed/do/sign_on",
    "embed/do/sign_out",
    "mail/stop/<str:token>/",
    "operate/",
    "api/<int:project>/envelope/",
)
# Below accounts/ these are ours, and no part of signing in; to follow somebody no more goes on.
NO_PART_OF_IT = ("accounts/preferences/", "accounts/follow/")
# What takes a POST and only reads.
READS = (
    *("", "healthz", "embed/do/mine", "embed/do/preview", "embed/do/source", "moderate/rules/try/"),
    *("api/", "api/openapi.json", "embed.js", "count.js", "<slug:shortname>/embed.js"),
    *("<slug:shortname>/count.js", "accounts/notices/"),
    *("f/<str:name>/settings/rules/", "f/<str:name>/settings/history/"),
)
# What counts and paces requests and what keeps an answer for who asks again is beside what is only read.
BESIDE = {"forums.KeyHour", "forums.KeptAnswer"}
PLACES = {"discussion": ("p1", "p2"), "delayed": ("default", "p1", "p2")}
KEPT = ("accounts", "forums", "discussion", "followups", "exchange", "delayed")


def moderating(act: str, **said: Any) -> Ask:
    """What a moderator's page sends; what a value names is made before."""

    def ask(site: Site) -> HttpResponse:
        client = Client(HTTP_ORIGIN="http://testserver")
        client.force_login(site.cast.ann.user, "allauth.account.auth_backends.AuthenticationBackend")
        return client.post(
            f"/moderate/{act}",
            {name: value(site) if callable(value) else value for name, value in said.items()},
        )

    return ask


def item(site: Site) -> str:
    return f"gazette:{site.answer.pk}:{site.answer.state}"


def thread(site: Site) -> str:
    return str(site.comment.thread_id)


def another_thread(site: Site) -> str:
    return str(make_thread(site.cast.gazette, PageAddress("ham", "https://gazette.example/ham")).pk)


def decided(site: Site) -> str:
    batch: UUID = uuid4()
    decide(forum=site.cast.gazette, comments=[site.comment], verdict="hide", by=site.cast.ann, batch=batch)
    return str(batch)


def ban(site: Site) -> str:
    whom = address_range("192.0.2.0/24")
    return str(ban_person(forum=site.cast.gazette, whom=whom, by=site.cast.ann, reason="x").pk)


def appealed(site: Site) -> str:
    decided(site)
    comment = Comment.objects.of(site.cast.gazette).select_related("thread").get(pk=site.comment.pk)
    made = appeal_against(forum=site.cast.gazette, comment=comment, author=site.cast.bo, said="Please.")
    return str(made.pk)


def rule(site: Site) -> str:
    made = make_rule(
        forum=site.cast.gazette,
        title="Rye",
        kind="words",
        said={"words": ["rye"]},
        effect="hold",
        by=site.cast.ann,
    )
    return str(made.pk)


def follow(site: Site) -> HttpResponse:
    show_profile(user=site.cast.ann.user, name="annie", scope="everywhere")  # type: ignore[arg-type]
    return signed_in(site).post("/accounts/follow/", {"name": "annie"})


def prefer(site: Site) -> HttpResponse:
    return signed_in(site).post("/accounts/preferences/", {"read": "", "mail": "daily"})


OF_OTHERS: dict[str, Ask] = {
    "accounts/follow/": follow,
    "accounts/preferences/": prefer,
    "moderate/do/decide": moderating("do/decide", item=item, verdict="hide", why="x"),
    "moderate/do/undo": moderating("do/undo", item=item, batch=decided, forum="gazette"),
    "moderate/do/edit": moderating("do/edit", item=item, text="Oats.", was=""),
    "moderate/do/pin": moderating("do/pin", item=item),
    "moderate/do/thread": moderating("do/thread", forum="gazette", thread=thread, state="closed"),
    "moderate/do/merge": moderating("do/merge", forum="gazette", source=another_thread, target=thread),
    "moderate/do/ban": moderating("do/ban", forum="gazette", range="192.0.2.0/24", reason="x", days="1"),
    "moderate/do/lift": moderating("do/lift", forum="gazette", ban=ban),
    "moderate/do/answer": moderating("do/answer", forum="gazette", appeal=appealed, answer="No.", granted=""),
    "moderate/do/rule": moderating("do/rule", **{**RULE, "whose": "gazette"}),
    "moderate/do/rule_state": moderating("do/rule_state", whose="gazette", rule=rule, state="on"),
}
ASKS = OF_OTHERS | {
    line.removeprefix("POST "): ask
    for line, ask in ASKED.items()
    if line.startswith("POST ") and not line.removeprefix("POST ").startswith(GOES_ON + READS[2:5])
}
MORE: dict[str, Ask] = {
    **{
        f"settings/{section} {' '.join(said)}": owning(section, said)
        for section, said in (
            ("domains/", {"remove": "gazette.example"}),
            ("people/", {"remove": "1"}),
            ("people/", {"add": "", "whom": "eve@mail.example", "kind": "trusted"}),
            ("keys/", {"add": "", "title": "Mine"}),
            ("keys/", {"remove": "KEY"}),
            ("keys/", {"allow": "KEY"}),
        )
    },
    **{
        f"webhook {button}": webhook(said={button: ""})
        for button in ("test", "turn", "remove", "resend", "resend_dead", "rotate")
    },
}


def test_every_route_that_takes_a_post_is_asked_here_or_goes_on_or_only_reads() -> None:
    client = Client()
    taking = {
        route
        for route in routes()
        if route not in READS and (route in NO_PART_OF_IT or not route.startswith(GOES_ON))
    }
    budgets = RouteBudgets.read(BUDGETS)
    taking = {route for route in taking if budgets.most("POST", route) is not None}
    taking = {route for route in taking if client.post(address_of(route)).status_code != 405}
    assert sorted(taking - ASKS.keys()) == [], "say here what they are asked, or that they go on"
    assert not ASKS.keys() - set(routes()), "these routes are no more"


@pytest.mark.parametrize("route", OF_OTHERS)
def test_what_is_asked_here_would_be_done(site: Site, route: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = watch_the_door(monkeypatch, read_only=False)
    OF_OTHERS[route](site)
    answer, changed = asked[-1]
    assert answer.status_code < 400, answer.content
    assert changed


@pytest.mark.parametrize("route", [*ASKS, *MORE])
def test_nothing_is_written_while_everything_is_only_read(
    site: Site, route: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = watch_the_door(monkeypatch, read_only=True)
    with suppress(AssertionError):  # some look at their answers
        (ASKS | MORE)[route](site)
    answer, changed = asked[-1]
    assert answer.status_code == 503, answer.content
    assert NOT_NOW in answer.content.decode()
    assert changed == []


def watch_the_door(
    monkeypatch: pytest.MonkeyPatch, *, read_only: bool
) -> list[tuple[HttpResponse, list[str]]]:
    """What is made before is made as ever; while a request is answered it is only read."""
    request, asked = Client.request, []

    def answered(client: Client, **said: Any) -> HttpResponse:
        with switches(read_only=read_only):
            before = all_rows()
            answer: HttpResponse = request(client, **said)
            after = all_rows()
        asked.append((answer, [label for label in before if before[label] != after[label]]))
        return answer

    monkeypatch.setattr(Client, "request", answered)
    return asked


def all_rows() -> dict[str, list[Any]]:
    return {
        f"{model._meta.label} {alias}": sorted(map(repr, model._base_manager.using(alias).values_list()))
        for model in apps.get_models()
        if model._meta.app_label in KEPT and model._meta.label not in BESIDE
        for alias in PLACES.get(model._meta.app_label, ("default",))
    }


def address_of(route: str) -> str:
    """Some address of a route."""
    return "/" + re.sub(r"<int:\w+>", "1", re.sub(r"<(?:str|slug|path):\w+>", "gazette", route))
