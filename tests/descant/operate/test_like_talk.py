"""A site as large as the talk's, or a part of it: killed at any place, it goes on, and its numbers are exact."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from descant.operate.like_talk.sizes import Shares, rank_of
from descant.operate.like_talk.stream import BLOCK, Home, Stream, shape
from tests.servers import create_database

SCALE, COMMENTS, FORUMS, USERS = "0.00004", 3_000, 18, 600
SEED = ["seed", "--like", "talk", "--scale", SCALE, "--quiet"]
# Runs the command with chunks of 250 rows, and dies as by `kill -9` in the n-th call of a function.
KILLED = """
import os, signal
from descant.operate.like_talk import filling
from descant.site.command import main
filling.CHUNK = 250
act, calls = filling.{name}, []
def act_or_die(*asked, **named):
    calls.append(1)
    if len(calls) == {call}:
        os.kill(os.getpid(), signal.SIGKILL)
    return act(*asked, **named)
filling.{name} = act_or_die
main({words})
"""
ASKED = """
import json
from django.db import connections
from django.db.models import Max, Min, Sum
from descant.accounts.models import User
from descant.discussion.models import Comment, Thread, ThreadAddress
from descant.discussion.tree.paths import level_of, path_below
from descant.discussion.tree.recounting import recount_threads
from descant.forums.models import Domain, Forum
told = dict(users=User.objects.count(), forums=Forum.objects.count(), domains=Domain.objects.count(), drifts=0)
told["comments"] = {}
told["said"] = told["threads"] = told["addresses"] = told["misplaced"] = 0
for alias in ("p1", "p2"):
    comments, threads = Comment.objects.using(alias), Thread.objects.using(alias)
    told["comments"][alias] = comments.count()
    told["said"] += threads.aggregate(n=Sum("comments_shown"))["n"]
    told["threads"] += threads.count()
    told["addresses"] += ThreadAddress.objects.using(alias).count()
    paths = {each.pk: each for each in comments.order_by("created_at", "id")}
    for each in paths.values():
        above = paths[each.parent_id] if each.parent_id else None
        right = path_below(above.path if above else b"", each.created_at, each.pk)
        told["misplaced"] += each.path != right or each.level != level_of(right)
    told["in_time"] = told.get("in_time", True) and sorted(paths) == list(paths)
    told["years"] = [str(each.year) for each in comments.aggregate(a=Min("created_at"), b=Max("created_at")).values()]
for forum in Forum.objects.order_by("id"):
    for step in recount_threads(forum=forum):
        told["drifts"] += len(step.totals) + len(step.branches)
authors = set(Comment.objects.using("p1").exclude(author=None).values_list("author_id", flat=True))
told["strangers"] = len(authors) - User.objects.filter(pk__in=authors).count()
print(json.dumps(told))
"""
INDEXES = """
import json
from django.db import connections
found = []
for alias in ("default", "p1", "p2"):
    with connections[alias].cursor() as cursor:
        if connections[alias].vendor == "postgresql":
            cursor.execute("SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'")
            found += [f"{alias} {row[0]}" for row in cursor.fetchall()]
            cursor.execute("SELECT conrelid::regclass, conname, pg_get_constraintdef(oid) FROM pg_constraint")
            found += [f"{alias} {row}" for row in cursor.fetchall()]
        else:
            cursor.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'")
            found += [f"{alias} {row[0]}" for row in cursor.fetchall()]
print(json.dumps(sorted(found)))
"""


@pytest.fixture
def environment(tmp_path: Path) -> Mapping[str, str]:
    plain = {name: value for name, value in os.environ.items() if not name.startswith("DESCANT_")}
    told = {**plain, "DESCANT_DATA": str(tmp_path), "DESCANT_PARTITIONS": "2"}
    if os.environ["DESCANT_TEST_DATABASE"] == "postgresql":
        server = os.environ["DESCANT_TEST_POSTGRESQL"]
        for variable, name in (("DATABASE", "talk"), ("PARTITION_1", "talk_p1"), ("PARTITION_2", "talk_p2")):
            told[f"DESCANT_{variable}"] = create_database(server, name)
    run("upgrade", environment=told)
    return told


def test_a_run_that_is_killed_again_and_again_goes_on_and_its_numbers_are_exact(
    environment: Mapping[str, str],
) -> None:
    before = asked(INDEXES, environment)
    # Among users; among comments of the second partition; while the whole is finished.
    for name, call in (("insert", 2), ("_write", 9), ("_finish", 3)):
        script = KILLED.format(name=name, call=call, words=SEED)
        assert shell(script, environment).returncode == -9, f"{name} was not called so often"
    assert (
        run(*SEED, environment=environment).stdout
        == "3,000 comments are there; talk-0 is the largest forum.\n"
    )
    told = asked(ASKED, environment)
    assert (told["users"], told["forums"], told["domains"]) == (USERS, FORUMS, FORUMS)
    assert sum(told["comments"].values()) == told["said"] == COMMENTS
    assert min(told["comments"].values()) > COMMENTS / 4, "both partitions are used"
    assert told["threads"] == told["addresses"] > FORUMS
    assert (told["drifts"], told["misplaced"], told["strangers"]) == (0, 0, 0)
    assert told["in_time"], "ids rise with the time, as if people had written them"
    assert told["years"][0] < "2012" < "2025" < told["years"][1]
    assert asked(INDEXES, environment) == before, "every index and constraint is there again"


def test_a_run_that_is_done_makes_nothing_more(environment: Mapping[str, str], tmp_path: Path) -> None:
    run(*SEED, environment=environment)
    before = asked(ASKED, environment)
    run(*SEED, environment=environment)
    assert asked(ASKED, environment) == before
    refused = run("seed", "--like", "talk", "--scale", "0.5", environment=environment, check=False)
    assert (refused.returncode, refused.stderr) == (
        2,
        "descant seed: a run was begun here with --scale 4e-05: end that one first.\n",
    )
    (tmp_path / "seed-like-talk.json").unlink()
    refused = run(*SEED, environment=environment, check=False)
    assert refused.returncode == 2
    assert "forums of such a run are here, but not its plan" in refused.stderr


def test_where_somebody_has_written_indexes_stay(environment: Mapping[str, str], tmp_path: Path) -> None:
    run("forum", "open", "gazette", "--domain", "gazette.example", environment=environment)
    run(
        "seed", "--forum", "gazette", "--comments", "30", "--threads", "2", "--quiet", environment=environment
    )
    run(*SEED, environment=environment)
    plan = json.loads((tmp_path / "seed-like-talk.json").read_text())
    assert not [sql for sql in plan["taken_off"]["p1"].values() if "discussion_comment " in sql]
    told = asked(ASKED, environment)
    assert (sum(told["comments"].values()), told["said"], told["drifts"]) == (COMMENTS + 30, COMMENTS + 30, 0)


def test_shares_fall_and_lose_nothing() -> None:
    shares = Shares(5_000)
    for whole, parts in ((75_000, 450), (40, 3), (7, 5_000), (0, 5)):
        found = [shares.share(whole, parts, rank) for rank in range(parts)]
        assert sum(found) == whole
        assert found[0] >= max(found) - 1, "but for rounding"
    assert shares.share(75_000, 450, 0) > 100 * shares.share(75_000, 450, 449)


def test_people_write_in_many_threads_at_a_time() -> None:
    """So what lies side by side on the disk is of different threads, as where people have written."""
    begin, span = 10**15, 10**13
    homes = [Home(number, number, 300, begin) for number in range(1, 200)]
    lines = list(Stream(homes, Shares(300), begin + span, (range(10**6), range(10**6))))
    assert [line.number for line in lines] == list(range(300 * 199))
    assert all(one.moment <= other.moment < begin + span for one, other in pairwise(lines))
    assert sum(one.thread_id == other.thread_id for one, other in pairwise(lines)) < len(lines) / 50


@pytest.mark.parametrize("parts", [1, 2, 15, 1_024, 9_999])
def test_every_rank_comes_once(parts: int) -> None:
    assert sorted(rank_of(number, parts, 17) for number in range(parts)) == list(range(parts))


def test_a_tree_that_ends_early_begins_like_the_whole_one() -> None:
    whole, _ = shape(3, BLOCK)
    for size in range(1, BLOCK):
        parents, replies = shape(3, size)
        assert parents == whole[:size]
        assert len(replies) == size
        assert replies[-1] == 0


def run(
    *words: str, environment: Mapping[str, str], check: bool = True
) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "descant", *words]
    answer = subprocess.run(command, env=dict(environment), check=False, capture_output=True, text=True)
    assert not check or answer.returncode == 0, answer.stderr
    return answer


def shell(script: str, environment: Mapping[str, str]) -> "subprocess.CompletedProcess[str]":
    return run("manage", "shell", "-v", "0", "-c", script, environment=environment, check=False)


def asked(script: str, environment: Mapping[str, str]) -> Any:
    answer = shell(script, environment)
    assert answer.returncode == 0, answer.stderr
    return json.loads(answer.stdout)
