"""What programs do: each act by who may, refused to who may not, one call for one row or for several."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from descant.accounts.models import User
from descant.api.declaring import ENDPOINTS
from descant.discussion.authors import Author
from descant.discussion.deciding import decide
from descant.discussion.models import Comment, Decision, Flag, Thread, Vote
from descant.forums import directory
from descant.forums.directory import forum_named
from descant.forums.models import Ban, Forum, Role
from django_headroom.updates import change
from tests.descant.api.conftest import Program
from tests.descant.conftest import Cast

Say = Callable[..., Comment]
ProgramOf = Callable[[Author, Forum], Program]


@pytest.mark.parametrize(
    ("verdict", "state"),
    [("remove", "deleted"), ("spam", "spam")],
)
def test_a_moderator_decides_about_several_and_is_told_of_each(
    bos: Program, say: Say, cast: Cast, verdict: str, state: str
) -> None:
    one, two = say("one"), say("two")
    told = bos.ask(f"posts/{verdict}", post=[two.pk, one.pk], reason="Off topic.")
    assert told.code == 0
    assert [(each["id"], each["changed"]) for each in told.response] == [
        (str(two.pk), True),
        (str(one.pk), True),
    ]
    assert set(Comment.objects.of(cast.gazette).values_list("state", flat=True)) == {state}
    decisions = Decision.objects.of(cast.gazette)
    assert set(decisions.values_list("by_id", "reason")) == {(cast.bo.user.pk, "Off topic.")}
    assert decisions.values("batch").distinct().count() == 1
    again = bos.ask(f"posts/{verdict}", post=[one.pk])
    assert [each["changed"] for each in again.response] == [False]
    back = bos.ask("posts/restore", post=[one.pk, two.pk])
    assert [(each["changed"], each["isApproved"]) for each in back.response] == [(True, True)] * 2


def test_what_waits_is_approved(bos: Program, say: Say, cast: Cast) -> None:
    comment = say("wait")
    decide(forum=cast.gazette, comments=[comment], verdict="spam", by=cast.ann)
    assert bos.ask("posts/approve", post=comment.pk).response[0]["isApproved"] is True


def test_one_id_that_is_nobodys_and_nothing_is_decided(bos: Program, say: Say, cast: Cast) -> None:
    comment = say("Rye.")
    told = bos.ask("posts/remove", post=[comment.pk, 999_999])
    assert (told.status, told.code) == (404, 8)
    comment.refresh_from_db()
    assert comment.is_shown
    assert bos.ask("posts/remove", post=[comment.pk] * 101).code == 2
    assert bos.ask("posts/remove").code == 2


def test_a_comment_is_highlighted_and_no_more(bos: Program, say: Say, bread: Thread) -> None:
    comment = say("Rye.")
    for verb, changed, pinned in (
        ("highlight", True, comment.pk),
        ("highlight", False, comment.pk),
        ("unhighlight", True, None),
        ("unhighlight", False, None),
    ):
        (told,) = bos.ask(f"posts/{verb}", post=comment.pk).response
        bread.refresh_from_db()
        assert (told["changed"], told["isHighlighted"], bread.pinned_id) == (changed, bool(pinned), pinned)


def test_a_moderator_edits_anybodys_and_a_person_her_own(
    bos: Program, say: Say, cast: Cast, program_of: ProgramOf
) -> None:
    comment = say("Rye.", by=cast.cy)
    assert (
        bos.ask("posts/update", post=comment.pk, message="*Rye.*").response["message"]
        == "<p><em>Rye.</em></p>\n"
    )
    Role.objects.create(forum=cast.gazette, user=cast.cy.user, kind=Role.Kind.TRUSTED)
    directory.forget()
    cys = program_of(cast.cy, cast.gazette)
    told = cys.ask("posts/update", post=comment.pk, message="Wheat.")
    assert (told.response["raw_message"], told.response["isEdited"]) == ("Wheat.", True)
    others = say("Oats.", by=cast.bo)
    refused = cys.ask("posts/update", post=others.pk, message="Mine.")
    assert (refused.status, refused.code) == (403, 12)


def test_a_vote_says_what_it_has_changed(bos: Program, say: Say, cast: Cast) -> None:
    comment = say("Rye.", by=cast.cy)
    answers = [bos.ask("posts/vote", post=comment.pk, vote=vote).response for vote in ("1", "1", "-1", "0")]
    deltas = [(each["likesDelta"], each["delta"]) for each in answers]
    assert deltas == [(1, 1), (0, 0), (-1, -2), (0, 1)]
    assert not Vote.objects.of(cast.gazette).exists()
    own = say("Wheat.", by=cast.bo)
    assert bos.ask("posts/vote", post=own.pk, vote="1").code == 12
    assert bos.ask("posts/vote", post=comment.pk, vote="2").code == 2


def test_a_report_calls_a_moderator_once(bos: Program, say: Say, cast: Cast) -> None:
    comment = say("Rye.", by=cast.cy)
    told = bos.ask("posts/report", post=comment.pk, reason="spam", note="Look.")
    assert told.response["isFlagged"] is True
    assert Flag.objects.of(cast.gazette).get().reason == "spam"
    assert bos.ask("posts/report", post=comment.pk).code == 2


def test_threads_are_begun_closed_and_opened(bos: Program, cast: Cast, bread: Thread) -> None:
    made = bos.ask("threads/create", title="Ham", identifier="ham", url="https://gazette.example/ham")
    assert (made.response["title"], made.response["identifiers"]) == ("Ham", ["ham"])
    again = bos.ask("threads/create", title="Other", identifier="ham")
    assert again.response["id"] == made.response["id"]
    assert bos.ask("threads/create", title="Ham", url="https://elsewhere.example/").code == 12
    assert bos.ask("threads/create", title="Ham").code == 2
    for verb, closed in (("close", True), ("open", False)):
        (told,) = bos.ask(f"threads/{verb}", thread_ident="ham").response
        assert (told["changed"], told["isClosed"]) == (True, closed)
    assert bos.ask("threads/close", thread=["999999"]).code == 8
    assert bos.ask("threads/close", thread=str(bread.pk)).response[0]["isClosed"] is True


def test_an_owner_names_moderators_and_takes_their_roles(anns: Program, cast: Cast) -> None:
    cy = cast.cy.user
    assert cy is not None
    told = anns.ask("forums/addModerator", user="username:cy").response
    role = Role.objects.get(forum=cast.gazette, user=cy)
    assert told == {"id": str(role.pk), "user": str(cy.pk), "name": "Cy"}
    assert role.kind == Role.Kind.MODERATOR
    assert anns.ask("forums/removeModerator", moderator=role.pk).code == 0
    assert not Role.objects.filter(forum=cast.gazette, user=cy).exists()
    owner = Role.objects.get(forum=cast.gazette, kind=Role.Kind.OWNER)
    for nobody in (role.pk, owner.pk):
        assert anns.ask("forums/removeModerator", moderator=nobody).code == 2
    assert anns.ask("forums/addModerator", user="nobody").code == 2


def test_an_owner_opens_another_forum_and_its_token_is_good_there(anns: Program, cast: Cast) -> None:
    told = anns.ask("forums/create", website="https://Ham.example/x", name="The Ham", short_name="ham")
    assert (told.response["id"], told.response["name"]) == ("ham", "The Ham")
    forum = forum_named("ham")
    assert [domain.host for domain in forum.domains.all()] == ["ham.example"]
    assert anns.ask("forums/addModerator", forum="ham", user="cy").code == 0
    for wrong in ({"short_name": "ham"}, {"short_name": "H M"}, {"short_name": "x", "website": "no site"}):
        said = {"website": "https://ham.example", "name": "Ham", **wrong}
        assert anns.ask("forums/create", **said).code == 2


def test_the_blacklist_is_the_forums_bans(bos: Program, cast: Cast, say: Say) -> None:
    said = {"user": cast.cy.user.pk, "email": "Gus@mail.example", "ip": ["192.0.2.7", "198.51.100.0/24"]}
    added = bos.ask("blacklists/add", **said, notes="Advertises.")
    assert [each["type"] for each in added.response] == ["user", "email", "ip", "ip"]
    assert Ban.objects.filter(forum=cast.gazette, by=cast.bo.user, reason="Advertises.").count() == 4
    assert [each["id"] for each in bos.ask("blacklists/add", **said).response] == [
        each["id"] for each in added.response
    ]
    listed = bos.ask("blacklists/list", by="GET").response
    assert {each["id"] for each in listed} == {each["id"] for each in added.response}
    assert "gus@mail.example" not in str(listed).casefold()
    guest = {
        "thread_ident": "bread",
        "message": "Hello",
        "author_name": "Gus",
        "author_email": "gus@mail.example",
    }
    secret = Program(bos.secret, "", bos.public)
    assert secret.ask("posts/create", **guest).code == 12
    assert len(bos.ask("blacklists/remove", **said).response) == 4
    assert bos.ask("blacklists/list", by="GET").response == []
    assert secret.ask("posts/create", **guest).code == 0
    both = bos.ask("blacklists/add", ip=["1.2.3", "192.0.2.8"], email="x").response
    assert [(each["value"], "refused" in each) for each in both] == [
        ("x", True),
        ("1.2.3", True),
        ("192.0.2.8/32", False),
    ]
    for wrong in ({"email": "x"}, {"ip": "1.2.3"}, {"user": "999999"}, {"user": cast.ann.user.pk}, {}):
        assert bos.ask("blacklists/add", **wrong).code == 2


def test_people_of_other_forums_are_banned_by_their_ids_and_not_told_of(
    bos: Program, cast: Cast, say: Say, program_of: ProgramOf
) -> None:
    """Ids are counted up: whoever may ban on one forum would read the names of all accounts of the site."""
    assert cast.dee.user is not None
    stranger = str(cast.dee.user.pk)
    assert [each["value"] for each in bos.ask("blacklists/add", user=stranger).response] == [f"u{stranger}"]
    say("Rye.", by=cast.cy)
    assert [each["value"] for each in bos.ask("blacklists/add", user=cast.cy.user.pk).response] == ["Cy"]
    Role.objects.create(forum=cast.gazette, user=cast.dee.user, kind=Role.Kind.TRUSTED)
    trusted = program_of(cast.dee, cast.gazette)
    for anybody in (stranger, "999999"):
        assert trusted.ask("blacklists/add", user=anybody).code == 12


def test_the_whitelist_is_whom_the_forum_trusts(anns: Program, cast: Cast) -> None:
    assert [each["value"] for each in anns.ask("whitelists/add", user=["cy"]).response] == ["Cy"]
    assert [each["value"] for each in anns.ask("whitelists/list", by="GET").response] == ["Cy"]
    told = anns.ask("whitelists/add", user=["nobody", "bo"]).response
    assert [(each["value"], "refused" in each) for each in told] == [("nobody", True), ("Bo", False)]
    assert anns.ask("whitelists/add", user="nobody").code == 2
    assert Role.objects.get(forum=cast.gazette, user=cast.bo.user).kind == Role.Kind.MODERATOR
    assert [each["value"] for each in anns.ask("whitelists/remove", user=["cy", "bo"]).response] == ["Cy"]
    assert anns.ask("whitelists/list", by="GET").response == []


ACTS: dict[str, dict[str, Any]] = {
    "posts/update": {"post": "POST", "message": "Mine."},
    "posts/approve": {"post": "POST"},
    "posts/remove": {"post": "POST"},
    "posts/restore": {"post": "POST"},
    "posts/spam": {"post": "POST"},
    "posts/highlight": {"post": "POST"},
    "posts/unhighlight": {"post": "POST"},
    "threads/create": {"title": "Ham", "identifier": "ham"},
    "threads/close": {"thread_ident": "bread"},
    "threads/open": {"thread_ident": "bread"},
    "threads/update": {"thread_ident": "bread", "title": "Mine"},
    "threads/remove": {"thread_ident": "bread"},
    "threads/restore": {"thread_ident": "bread"},
    "forums/create": {"website": "https://x.example", "name": "X", "short_name": "x"},
    "forums/addModerator": {"user": "cy"},
    "forums/removeModerator": {"moderator": "BO"},
    "exports/exportForum": {"format": "native"},
    "exports/list": {},
    "exports/details": {"export": "1"},
    "imports/create": {"upload": "<rss/>"},
    "blacklists/add": {"ip": "192.0.2.9"},
    "blacklists/remove": {"ip": "192.0.2.9"},
    "blacklists/list": {},
    "whitelists/add": {"user": "cy"},
    "whitelists/remove": {"user": "cy"},
    "whitelists/list": {},
}
OWNERS = {name for name in ACTS if name.startswith(("forums/", "whitelists/", "exports/", "imports/"))}


@pytest.mark.parametrize("name", ACTS)
def test_who_may_not_is_refused_and_nothing_changes(
    name: str, cast: Cast, say: Say, program_of: ProgramOf, settings: Any
) -> None:
    """Ann owns, Bo moderates, Cy is trusted, Dee owns another forum; a secret alone is nobody."""
    comment = say("Rye.", by=cast.bo)
    Role.objects.create(forum=cast.gazette, user=cast.cy.user, kind=Role.Kind.TRUSTED)
    role = Role.objects.get(forum=cast.gazette, user=cast.bo.user)
    names = {"POST": str(comment.pk), "BO": str(role.pk)}
    said = {key: names.get(value, value) for key, value in ACTS[name].items()}
    by = ENDPOINTS[name].method
    good = program_of(cast.ann, cast.gazette)
    strangers = [
        program_of(cast.cy, cast.gazette),
        program_of(cast.dee, cast.gazette),  # of a time when she had a role there
        Program(good.secret, "", ""),
        Program("", program_of(cast.dee, cast.tribune).token, ""),
        Program(program_of(cast.dee, cast.tribune).secret, good.token, ""),
        Program("", "nonsense", ""),
        *([program_of(cast.bo, cast.gazette)] if name in OWNERS else []),
    ]
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(cast.ann.user)
    before = everything(cast)
    for number, stranger in enumerate(strangers):
        told = stranger.ask(name, by=by, forum="gazette", **said)
        assert told.status in (401, 403), (number, told)
        assert told.code in (12, 18), (number, told)
        assert everything(cast) == before, number
    sent, address = {**said, "api_key": good.public}, f"/api/3.0/{name}.json"
    answer = browser.get(address, sent) if by == "GET" else browser.post(address, sent)
    assert answer.status_code == 403, "a session is nothing here, and a public key is a guest"
    assert everything(cast) == before


def everything(cast: Cast) -> list[Any]:
    rows: list[Any] = []
    for model in (Comment, Thread, Decision):
        rows += model.objects.of(cast.gazette).order_by("id").values()
    for of_all in (Forum, Role, Ban, User):
        rows += of_all.objects.order_by("id").values()
    return rows


@pytest.mark.parametrize("name", [name for name, each in ENDPOINTS.items() if each.method == "POST"])
def test_what_changes_something_is_posted(name: str, anns: Program) -> None:
    told = anns.ask(name, by="GET")
    assert (told.status, told.code) == (405, 2)


def test_a_token_whose_person_lost_her_role_does_nothing(bos: Program, cast: Cast, say: Say) -> None:
    comment = say("Rye.")
    role = Role.objects.get(forum=cast.gazette, user=cast.bo.user)
    change(role, kind=Role.Kind.TRUSTED)
    directory.forget()
    assert bos.ask("posts/remove", post=comment.pk).code == 12
