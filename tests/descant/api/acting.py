"""What programs do on the site of the budgets, each act as dearly as it is asked."""

from collections.abc import Callable
from typing import Any

from allauth.account.models import EmailAddress
from django.http import HttpResponse

from descant.accounts.models import User
from descant.api.declaring import ENDPOINTS, Endpoint
from descant.discussion import authors
from descant.discussion.addressing import lately
from descant.discussion.deciding import decide, pin_comment, remove_thread, set_thread_state
from descant.discussion.deciding.banning import account, address_range, ban_person, mailbox
from descant.discussion.deciding.owning import invite
from descant.discussion.judging.rules import book
from descant.forums import bans, directory
from descant.forums.keys import showing
from descant.forums.models import Role
from descant.forums.webhooks.targets import Wish, add_target
from django_headroom.ids.stepping import forget_blocks
from tests.descant.site.routes.walking_api import dearly_asked, script_path

NAMED = {"Idempotency-Key": "4f1c9a"}  # which costs as well
TOLD = "https://gazette.example/told"
RANGES = ["192.0.2.7", "198.51.100.0/24"]


def program(name: str, /, **said: str) -> Callable[[Any], HttpResponse]:
    """What a program does that shows the owner's token."""

    def ask(site: Any) -> HttpResponse:
        bo, cy = site.cast.bo, site.cast.cy
        both = [site.comment, site.answer]
        made: dict[str, Any] = {"ANSWER": site.answer.pk, "PINNED": site.answer.pk}
        made |= {"BOTH": [each.pk for each in both], "SPAM BOTH": [each.pk for each in both]}
        made |= {
            "RANGES": RANGES,
            "BO": Role.objects.get(user=bo.user).pk,
            "CY": cy.user.pk,
            "CY AND A STRANGER": ["cy", "stranger@mail.example"],
            "EVE AND WHO IS INVITED": ["eve", "invited@mail.example"],
            "CLOSED": "bread",
            "REMOVED": "bread",
        }
        if "TARGET" in said.values():
            made["TARGET"] = add_target(forum=site.cast.gazette, wish=Wish("https://gazette.example/a")).pk
        prepare(site, {*said.values()})
        asked = {key: made.get(value, value) for key, value in said.items()}
        asked["access_token"] = site.keys["access_token"]
        forget()
        address = f"/api/3.0/{name}.json"
        named = {"headers": NAMED} if ENDPOINTS[name].method == "POST" else {}
        send = site.client.post if named else site.client.get
        answer: HttpResponse = send(address, asked, **named)
        assert answer.status_code == 200, answer.content
        return answer

    return ask


def prepare(site: Any, wanted: set[str]) -> None:
    """What has to be so before an act can be done, by what stands for it in the arguments."""
    forum, ann, cy = site.cast.gazette, site.cast.ann, site.cast.cy
    if "PINNED" in wanted:
        pin_comment(forum=forum, thread=site.answer.thread, comment=site.answer, by=ann)
    if "SPAM BOTH" in wanted:
        decide(forum=forum, comments=[site.comment, site.answer], verdict="spam", by=ann)
    if "CLOSED" in wanted:
        set_thread_state(forum=forum, thread=site.answer.thread, state="closed", by=ann)
    if "REMOVED" in wanted:
        remove_thread(forum=forum, thread=site.answer.thread, by=ann)
    if "banned@mail.example" in wanted:
        named = [account(forum, cy.user.pk), mailbox("banned@mail.example")]
        for whom in [*named, *map(address_range, RANGES)]:
            ban_person(forum=forum, whom=whom, by=ann, reason="x")
    if "EVE AND WHO IS INVITED" in wanted:
        invite(forum=forum, by=ann, email="invited@mail.example", kind=Role.Kind.TRUSTED)
        eve = User.objects.create_user(username="eve")
        Role.objects.create(forum=forum, user=eve, kind=Role.Kind.TRUSTED)
    EmailAddress.objects.create(user=cy.user, email="cy@mail.example", verified=True)


def example_of(endpoint: Endpoint) -> Callable[[Any], HttpResponse]:
    def ask(site: Any) -> HttpResponse:
        said = dearly_asked(endpoint, site)
        forget()
        send = site.client.get if endpoint.method == "GET" else site.client.post
        answer: HttpResponse = send(f"/{endpoint.path}", said)
        return answer

    return ask


def script_of(endpoint: Endpoint) -> Callable[[Any], HttpResponse]:
    def ask(site: Any) -> HttpResponse:
        said = dearly_asked(endpoint, site, "api_key")
        forget()
        answer: HttpResponse = site.client.get(f"/{script_path(endpoint)}", {**said, "callback": "told"})
        assert b'"code":0' in answer.content, answer.content
        return answer

    return ask


def forget() -> None:
    directory.forget()
    bans.in_force.forget()
    showing.forget()
    book.forget()
    lately.forget()
    authors.names.forget()
    forget_blocks("p1")


ACTS: dict[str, Callable[[Any], HttpResponse]] = {
    "POST api/3.0/posts/update.json": program("posts/update", post="ANSWER", message="Oats."),
    "POST api/3.0/posts/vote.json": program("posts/vote", post="ANSWER", vote="1"),
    "POST api/3.0/posts/report.json": program("posts/report", post="ANSWER"),
    "POST api/3.0/posts/approve.json": program("posts/approve", post="SPAM BOTH"),
    "POST api/3.0/posts/remove.json": program("posts/remove", post="BOTH"),
    "POST api/3.0/posts/restore.json": program("posts/restore", post="SPAM BOTH"),
    "POST api/3.0/posts/spam.json": program("posts/spam", post="BOTH"),
    "POST api/3.0/posts/highlight.json": program("posts/highlight", post="ANSWER"),
    "POST api/3.0/posts/unhighlight.json": program("posts/unhighlight", post="PINNED"),
    "POST api/3.0/threads/create.json": program(
        "threads/create", title="Ham", identifier="ham", url="https://gazette.example/ham"
    ),
    "POST api/3.0/threads/vote.json": program("threads/vote", vote="1", **{"thread:ident": "bread"}),
    "POST api/3.0/threads/close.json": program("threads/close", **{"thread:ident": "bread"}),
    "POST api/3.0/threads/open.json": program("threads/open", **{"thread:ident": "CLOSED"}),
    "POST api/3.0/threads/update.json": program(
        "threads/update",
        title="Ham",
        identifier="ham",
        url="https://gazette.example/ham",
        **{"thread:ident": "bread"},
    ),
    "POST api/3.0/threads/remove.json": program("threads/remove", **{"thread:ident": "bread"}),
    "POST api/3.0/threads/restore.json": program("threads/restore", **{"thread:ident": "REMOVED"}),
    "POST api/3.0/categories/create.json": program("categories/create", title="Ham"),
    "POST api/3.0/forums/create.json": program(
        "forums/create", name="Ham", short_name="ham", website="https://ham.example"
    ),
    "POST api/3.0/forums/addModerator.json": program("forums/addModerator", user="cy"),
    "POST api/3.0/forums/removeModerator.json": program("forums/removeModerator", moderator="BO"),
    "POST api/3.0/blacklists/add.json": program(
        "blacklists/add", user="CY", email="eve@mail.example", ip="RANGES"
    ),
    "POST api/3.0/blacklists/remove.json": program(
        "blacklists/remove", user="CY", ip="RANGES", email="banned@mail.example"
    ),
    "POST api/3.0/imports/create.json": program("imports/create", upload="<rss/>"),
    "POST api/3.0/exports/exportForum.json": program("exports/exportForum", format="native"),
    "GET api/3.0/users/details.json": program("users/details"),
    "GET api/3.0/blacklists/list.json": program("blacklists/list"),
    "POST api/3.0/whitelists/add.json": program("whitelists/add", user="CY AND A STRANGER"),
    "POST api/3.0/whitelists/remove.json": program("whitelists/remove", user="EVE AND WHO IS INVITED"),
    "GET api/3.0/whitelists/list.json": program("whitelists/list"),
    "POST api/3.0/forums/webhooks/create.json": program("forums/webhooks/create", url=TOLD),
    "POST api/3.0/forums/webhooks/update.json": program(
        "forums/webhooks/update", subscription="TARGET", url=TOLD, enableSending="1"
    ),
}
