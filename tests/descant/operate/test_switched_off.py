"""What operators have turned off is refused with a sentence, and nothing else changes: for all, or for one forum."""

import json
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.checks import run_checks
from django.test import Client
from django.utils.translation import override

from descant.accounts.tokens import issue_token
from descant.api.answering import refusal as api_refusal
from descant.discussion.authors import Author
from descant.discussion.deciding import decide, edit_for_author, pin_comment, set_thread_state
from descant.discussion.deciding.undoing import undo_step
from descant.discussion.editing import delete_comment, edit_comment
from descant.discussion.flagging import flag_comment
from descant.discussion.models import Comment, Thread
from descant.discussion.posting import SignInFirst
from descant.discussion.voting import cast_vote
from descant.exchange.importing import FORMATS, run_import
from descant.exchange.stream import ImportRefused
from descant.forums.keys.issuing import issue_key
from descant.switches import SwitchedOff
from django_headroom.operations.switches import Rule, declared, is_on, knowing, switches
from tests.descant.conftest import Cast

Say = Callable[..., Comment]
PAGE = {"f": "gazette", "t_i": "bread", "t_u": "https://gazette.example/bread"}
OF_THE_GAZETTE = {"forum": frozenset({"gazette"})}


@pytest.fixture
def turned() -> Any:
    """Turns a switch for this process, as if it had been heard."""

    def turn(name: str, rule: Rule) -> None:
        knowing.learn([knowing.Turned(knowing.version_of(name) + 1, name, rule)])

    yield turn
    knowing.forget()


def call(client: Client, act: str, token: str = "", **body: object) -> Any:
    told = {"forum": "gazette", "thread": {"identifier": "bread", "url": PAGE["t_u"]}, **body}
    headers = {"Origin": "http://testserver", **({"Authorization": f"Bearer {token}"} if token else {})}
    return client.post(f"/embed/do/{act}", json.dumps(told), "application/json", headers=headers)


def token_of(author: Author, cast: Cast) -> str:
    return issue_token(forum_id=cast.gazette.pk, user=author.user)


def test_every_switch_says_what_it_is_whose_and_until_when() -> None:
    assert {f"import_{name}" for name in FORMATS} <= set(declared())
    assert all(each.says.endswith(".") and each.owner for each in declared().values())
    assert run_checks(tags=["switches"]) == [], "one has outlived its day: take it out of the code"


def test_votes_can_be_turned_off_under_requests(client: Client, cast: Cast, say: Say, turned: Any) -> None:
    comment, token = say("Rye.", by=cast.ann), token_of(cast.cy, cast)
    vote = {"comment": str(comment.pk), "value": 1}
    page = client.get("/embed/comments/", PAGE)
    turned("votes", Rule(percent=100, never=OF_THE_GAZETTE))
    refused = call(client, "vote", token, **vote)
    assert refused.status_code == 503
    assert refused.headers["Retry-After"] == "60"
    assert refused.json()["error"]["code"] == "switched_off"
    assert "Nobody can vote just now" in refused.json()["error"]["message"]
    assert client.get("/embed/comments/", PAGE).content == page.content, "what caches keep stays as it is"
    comment.refresh_from_db()
    assert comment.ups == 0
    turned("votes", Rule(percent=100))
    assert call(client, "vote", token, **vote).json()["ups"] == 1


def test_guests_can_be_asked_to_sign_in(client: Client, cast: Cast, say: Say) -> None:
    written = {"text": "Hello", "name": "Gus", "key": "k" * 40}
    with switches(guest_posting=False):
        refused = call(client, "post", **written)
        assert (refused.status_code, refused.json()["error"]["code"]) == (403, "sign_in")
        assert "Guests cannot write just now" in refused.json()["error"]["message"]
        with pytest.raises(SignInFirst):
            say("Hello", by=cast.guest)
        assert say("Hello", by=cast.cy).is_shown
    assert call(client, "post", **written).status_code == 201


@pytest.mark.parametrize("is_site", [True, False])
def test_a_forum_or_the_whole_site_can_be_only_read(
    cast: Cast, bread: Thread, say: Say, turned: Any, is_site: bool
) -> None:
    client = Client()
    comment = say("Rye.", by=cast.cy)
    on = {"forum": cast.gazette, "comment": comment}
    batch = uuid.uuid4()
    decide(forum=cast.gazette, comments=[comment], verdict="hide", by=cast.bo, batch=batch)
    decide(forum=cast.gazette, comments=[comment], verdict="restore", by=cast.bo)
    version = Thread.objects.of(cast.gazette).get(pk=bread.pk).version
    turned("read_only", Rule(percent=100) if is_site else Rule(always=OF_THE_GAZETTE))
    acts: list[Callable[[], object]] = [
        lambda: say("More."),
        lambda: say("More.", by=cast.guest),
        lambda: say("More.", by=cast.ann),
        lambda: edit_comment(**on, author=cast.cy, source="Wheat."),
        lambda: delete_comment(**on, author=cast.cy),
        lambda: cast_vote(**on, author=cast.ann, value=1),
        lambda: flag_comment(**on, author=cast.ann, reason="spam"),
        lambda: decide(forum=cast.gazette, comments=[comment], verdict="hide", by=cast.bo),
        lambda: edit_for_author(**on, source="Wheat.", by=cast.bo),
        lambda: set_thread_state(forum=cast.gazette, thread=bread, state="closed", by=cast.bo),
        lambda: pin_comment(forum=cast.gazette, thread=bread, comment=comment, by=cast.bo),
        lambda: undo_step(forum=cast.gazette, batch=batch, by=cast.bo),
    ]
    for act in acts:
        with pytest.raises(SwitchedOff, match="only be read"):
            act()
    assert call(client, "post", token_of(cast.cy, cast), text="More.", key="k" * 40).status_code == 503
    assert client.get("/embed/comments/", PAGE).status_code == 200
    assert Thread.objects.of(cast.gazette).get(pk=bread.pk).version == version
    assert is_on("read_only", forum="tribune") is is_site
    turned("read_only", Rule())
    assert say("More.").is_shown


def test_programs_are_told_to_come_back() -> None:
    answer = api_refusal(SwitchedOff("The comments can only be read just now."))
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "60")
    assert json.loads(answer.content) == {"code": 15, "response": "The comments can only be read just now."}


def test_moderators_are_told_on_their_pages(client: Client, cast: Cast, say: Say) -> None:
    comment = say("Rye.")
    assert cast.bo.user is not None
    client.force_login(cast.bo.user)
    item = f"gazette:{comment.pk}:shown"
    with switches(read_only=True):
        answer = client.post(
            "/moderate/do/decide",
            {"item": item, "verdict": "hide"},
            headers={"Origin": "http://testserver"},
        )
    assert answer.status_code == 503
    assert "only be read" in answer.content.decode()


def test_without_heavy_orders_readers_are_led_to_the_light_one(client: Client, say: Say) -> None:
    first = say("Rye.")
    with switches(heavy_orders=False):
        for order in ({}, {"order": "best"}, {"order": "newest"}):
            answer = client.get("/embed/comments/", {**PAGE, **order, "lang": "de"})
            assert (answer.status_code, answer.headers["Cache-Control"]) == (302, "no-store")
            led = client.get(answer.headers["Location"])
            assert led.status_code == 200
            assert 'lang="de"' in led.content.decode()
            assert "public" in led.headers["Cache-Control"]
        to_one = client.get("/embed/comments/", {**PAGE, "cursor": f"comment-{first.pk}"})
        assert to_one.status_code == 200, "one conversation costs nothing"
    assert client.get("/embed/comments/", PAGE).status_code == 200


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("threads/listPostsThreaded", {"thread:ident": "bread"}),
        ("threads/listPostsThreaded", {"thread:ident": "bread", "order": "desc"}),
        ("threads/listHot", {}),
        ("threads/listPopular", {}),
        ("posts/listPopular", {}),
        ("posts/listPopular", {"order": "best"}),
    ],
)
def test_without_heavy_orders_programs_are_told_to_ask_by_time(
    client: Client, cast: Cast, say: Say, name: str, asked: dict[str, str]
) -> None:
    say("Rye.")
    shown = {"api_key": issue_key(forum=cast.gazette).public_key}
    with switches(heavy_orders=False):
        refused = client.get(f"/api/3.0/{name}.json", {**shown, **asked})
        assert (refused.status_code, refused.json()["code"]) == (503, 15)
        assert "the oldest first" in refused.json()["response"]
        if "thread:ident" in asked:
            light = client.get(f"/api/3.0/{name}.json", {**shown, **asked, "order": "asc"})
            assert [post["message"] for post in light.json()["response"]] == ["<p>Rye.</p>\n"]
    assert client.get(f"/api/3.0/{name}.json", {**shown, **asked}).json()["response"]


def test_without_heavy_orders_a_forums_page_has_the_latest_comments_alone(client: Client, say: Say) -> None:
    say("Rye.")
    with switches(heavy_orders=False):
        page = client.get("/f/gazette/").content.decode()
    assert "Rye." in page
    assert "Popular now" not in page
    assert "Popular now" in client.get("/f/gazette/").content.decode()


@pytest.mark.parametrize("format", FORMATS)
def test_each_importer_can_be_turned_off(cast: Cast, tmp_path: Path, format: str) -> None:
    file = tmp_path / "export"
    file.write_text("nothing")
    with switches(**{f"import_{format}": False}), pytest.raises(ImportRefused, match="switched off"):
        run_import(format=format, path=file, forum=cast.gazette)
    with pytest.raises(ImportRefused) as refused:
        run_import(format=format, path=file, forum=cast.gazette)
    assert "switched off" not in str(refused.value)


@pytest.mark.parametrize("language", ["de", "fr", "ar"])
def test_what_is_turned_off_is_said_in_the_language_of_the_reader(
    cast: Cast, say: Say, language: str
) -> None:
    comment = say("Rye.", by=cast.ann)
    with override(language), switches(votes=False), pytest.raises(SwitchedOff) as refused:
        cast_vote(forum=cast.gazette, comment=comment, author=cast.cy, value=1)
    assert "Nobody" not in str(refused.value)
