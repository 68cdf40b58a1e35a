"""Our own format keeps all: votes, flags, decisions, bans, rules, settings; and a broken file does no harm."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from descant.accounts.models import User
from descant.discussion.addressing.addresses import PageAddress
from descant.discussion.addressing.finding import find_thread
from descant.discussion.authors import attach_names
from descant.discussion.deciding.undoing import undo_batch
from descant.discussion.models import (
    Appeal,
    Comment,
    Decision,
    Flag,
    Moved,
    Thread,
    ThreadAddress,
    ThreadVote,
    Vote,
)
from descant.exchange.importing import run_import
from descant.exchange.stream import ImportRefused
from descant.forums.models import Ban, Change, Forum, Role, Rule, RuleVersion
from django_headroom.updates import change
from tests.descant.conftest import Cast
from tests.descant.exchange.exactness import assert_exact
from tests.descant.exchange.leaving.told import assert_same, told

PARTITIONED = (Thread, ThreadAddress, Comment, Vote, ThreadVote, Flag, Decision, Moved, Appeal)


def rows(forum: Forum) -> dict[str, int]:
    found = {model.__name__: model.objects.of(forum).count() for model in PARTITIONED}
    found |= {model.__name__: model.objects.filter(forum=forum).count() for model in (Ban, Rule)}
    return {**found, "RuleVersion": RuleVersion.objects.filter(rule__forum=forum).count()}


def test_every_row_arrives_and_leads_to_what_it_led_to(
    cast: Cast, judged: Forum, move: Callable[..., Forum]
) -> None:
    herald = move("native")
    assert_same(told(herald), told(judged))
    assert rows(herald) == rows(judged)
    liked = Comment.objects.of(herald).get(text="Liked")
    assert (liked.ups, liked.downs, liked.score) == (1, 1, Comment.objects.of(judged).get(text="Liked").score)
    assert {vote.comment_id for vote in Vote.objects.of(herald)} == {liked.pk}
    bread = Thread.objects.of(herald).get(title="Bread")
    assert (bread.pinned_id, bread.ups, bread.downs) == (liked.pk, 1, 0)
    held = Comment.objects.of(herald).get(text="Cheap pills")
    rule = Rule.objects.get(forum=herald)
    assert held.reasons[0]["rule"] == rule.pk
    assert rule.is_on
    hidden = Decision.objects.of(herald).get(verdict="hide")
    assert hidden.comment_id == Comment.objects.of(herald).get(text="Flagged").pk
    assert str(User.objects.get(pk=hidden.by_id)) == "Bo"
    assert Change.objects.filter(forum=herald).exclude(what="settings").count() == 3
    herald.refresh_from_db()
    assert (herald.policy, herald.flags_to_hold, herald.title) == ("Be kind.", 7, "The Gazette")


def test_a_merge_of_elsewhere_can_be_undone_here(
    cast: Cast, judged: Forum, move: Callable[..., Forum]
) -> None:
    herald = move("native")
    merged = Decision.objects.of(herald).get(verdict="merge")
    assert undo_batch(forum=herald, batch=merged.batch, by=cast.bo) == 1
    page = PageAddress(identifier="cake")
    found = find_thread(herald, page)
    assert found is not None
    assert found.pk == merged.thread_id
    assert_exact(herald)


def test_authors_are_the_same_people_and_nobody_can_be_them(
    cast: Cast, judged: Forum, say: Callable[..., Comment], move: Callable[..., Forum]
) -> None:
    say("Once more", by=cast.ann)
    herald = move("native")
    by_ann = list(Comment.objects.of(herald).filter(text__in=["Liked", "Once more"]))
    attach_names(by_ann)
    assert len({comment.author_id for comment in by_ann}) == 1
    assert {comment.shown_name for comment in by_ann} == {"Ann"}
    ann = User.objects.get(pk=by_ann[0].author_id)
    assert ann.pk != cast.ann.user.pk  # type: ignore[union-attr]
    assert not ann.has_usable_password()
    assert (ann.is_active, ann.email) == (False, "")
    assert not Role.objects.filter(forum=herald).exists()
    guests = {comment.guest for comment in Comment.objects.of(herald)} - {""}
    assert len(guests) == 1
    assert cast.guest.guest not in guests


def test_the_same_file_again_changes_nothing_and_another_is_refused(
    cast: Cast,
    judged: Forum,
    export: Callable[..., Path],
    move: Callable[..., Forum],
    say: Callable[..., Comment],
) -> None:
    herald = move("native")
    before, accounts = rows(herald), User.objects.count()
    report = run_import(format="native", path=export("native"), forum=herald)
    assert (rows(herald), User.objects.count()) == (before, accounts)
    assert report.rows_written() == 0
    say("Said since")
    with pytest.raises(ImportRefused, match="open another"):
        run_import(format="native", path=export("native"), forum=herald)


def test_a_dry_run_writes_nothing(judged: Forum, herald: Forum, export: Callable[..., Path]) -> None:
    accounts = User.objects.count()
    report = run_import(format="native", path=export("native"), forum=herald, dry_run=True)
    assert report.comments.imported == 3
    assert "2 votes" in report.as_text()
    assert (sum(rows(herald).values()), User.objects.count()) == (0, accounts)


def test_secrets_and_addresses_stay_here(cast: Cast, judged: Forum, export: Callable[..., Path]) -> None:
    change(Rule.objects.get(forum=judged), said={"words": ["pills"], "secret": "hush-hush"})
    without, with_them = export("native").read_text(), export("native", personal=True).read_text()
    guest = Comment.objects.of(judged).get(text="Cheap pills")
    for hidden in (guest.origin, guest.author_email, "address_mark"):
        assert hidden
        assert hidden not in without
        assert hidden in with_them
    for never in ("hush-hush", "ann@mail.example", cast.gazette.name + "-key"):
        assert never not in with_them


Lines = list[dict[str, Any]]


def _first(lines: Lines, row: str) -> dict[str, Any]:
    return next(line for line in lines if line["row"] == row)


def _set(of: str, **columns: Any) -> Callable[[Lines], None]:
    return lambda lines: _first(lines, of).update(columns)


BROKEN: list[tuple[str, Callable[[Lines], Any], str]] = [
    ("a newer version", _set("descant", version=2), "line 1: another version of the format"),
    (
        "another program's",
        _set("descant", row="someone"),
        "line 1: the file is not of Descant's native format",
    ),
    ("a look that is none", _set("descant", settings={"look": {"font": "</style>"}}), "line 1: its look"),
    ("cut off", lambda lines: lines.pop(), "cut off before its end"),
    ("a row is missing", lambda lines: lines.remove(_first(lines, "vote")), "rows are missing"),
    ("a row of no kind", _set("vote", row="secret"), "a row of a kind that is not known"),
    ("no such state", _set("comment", state="winning"), "its state is not what it should be"),
    ("no time", _set("comment", created_at="yesterday"), "its created_at is not what it should be"),
    ("a time without a zone", _set("comment", created_at="2026-01-01T00:00:00"), "its created_at"),
    ("text that is a list", _set("comment", author_name=["x"] * 90), "its author_name"),
    ("a name too long", _set("comment", author_name="x" * 81), "its author_name"),
    ("a zero byte", _set("thread", title="a\0b"), "its title"),
    ("an id beyond all", _set("comment", id=1 << 60), "an id beyond those that Descant gives"),
    ("reasons that are none", _set("comment", reasons=[{"rule": 1}]), "its reasons"),
    ("a reason that is a list", _set("comment", reasons=[["flags"]]), "its reasons"),
    ("a decision that kept a list", _set("decision", kept=["pinned"]), "its kept"),
    ("a number beyond all", _set("comment", ups=1 << 70), "its ups"),
    ("a column is missing", lambda lines: _first(lines, "comment").pop("text"), "a comment without its text"),
    ("an address that is none", _set("thread", addresses=[[1, "door", "x"]]), "an address of a thread"),
    ("something after the end", lambda lines: lines.append(lines[1]), "something stands after the end"),
]


@pytest.mark.parametrize(
    ("break_it", "reason"), [each[1:] for each in BROKEN], ids=[each[0] for each in BROKEN]
)
def test_a_broken_file_is_refused_and_nothing_is_written(
    judged: Forum, herald: Forum, export: Callable[..., Path], break_it: Callable[[Lines], Any], reason: str
) -> None:
    path = export("native")
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    break_it(lines)
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    accounts = User.objects.count()
    with pytest.raises(ImportRefused, match=reason):
        run_import(format="native", path=path, forum=herald)
    assert (sum(rows(herald).values()), User.objects.count()) == (0, accounts)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "cut off"),
        (b"\xff\xfe{}", "not of Descant's native format"),
        (
            gzip.compress(b'{"row": "descant", "x": "' + b"0" * (64 << 20) + b'"}'),
            "a line longer than|unpacks to more than",
        ),
        (gzip.compress(gzip.compress(b"{}")), "gzip within gzip"),
        (b'{"a":' * 100_000, "not of Descant's native format"),
    ],
    ids=["empty", "no JSON", "bomb", "gzip within gzip", "deep"],
)
def test_hostile_bytes_are_refused(herald: Forum, tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "hostile"
    path.write_bytes(content)
    with pytest.raises(ImportRefused, match=reason):
        run_import(format="native", path=path, forum=herald)


def test_rows_that_lead_out_of_the_file_are_left_out(
    cast: Cast, judged: Forum, herald: Forum, export: Callable[..., Path]
) -> None:
    """A vote on a comment of somebody else's forum is nobody's vote, whatever number it names."""
    path = export("native")
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    foreign = Comment.objects.of(judged).get(text="Cheap pills").pk + 1024 * 1_000
    _first(lines, "vote")["comment_id"] = foreign
    _first(lines, "decision")["comment_id"] = foreign
    _first(lines, "comment")["author_id"] = cast.dee.user.pk + 1_000_000  # type: ignore[union-attr]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    report = run_import(format="native", path=path, forum=herald)
    assert report.others["vote"] == 1
    assert Vote.objects.of(herald).count() == 1
    assert Comment.objects.of(herald).filter(author_id=None, guest="").count() == 1
    assert_exact(herald)
