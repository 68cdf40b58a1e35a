"""Run within a site's environment: fills its forum, and takes what the queue's pages cost, as one line of JSON."""

import json
import re
import statistics
import sys
import time
from collections.abc import Callable

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connections  # noqa: E402
from django.test import Client  # noqa: E402

from descant.accounts.models import User  # noqa: E402
from descant.discussion.addressing.addresses import PageAddress  # noqa: E402
from descant.discussion.addressing.finding import make_thread  # noqa: E402
from descant.discussion.models import Comment  # noqa: E402
from descant.forums.directory import forum_named  # noqa: E402
from django_headroom import ids  # noqa: E402
from django_headroom.testing import queries_counted  # noqa: E402

TURNS, THREADS, BATCHES, BATCH = 40, 500, 10, 50
PLACE = "p1"
# Of each hundred comments: how many wait, are spam, hidden, deleted; the rest are shown.
STATE = "CASE WHEN n % 100 < 5 THEN 'waiting' WHEN n % 100 < 10 THEN 'spam' WHEN n % 100 = 10 THEN 'hidden' "
STATE += "WHEN n % 100 = 11 THEN 'deleted' ELSE 'shown' END"
RARE: list[object] = [{"rule": 7, "title": "Rare"}]
FIRST: list[object] = ["premoderation_first"]
PAGES = {
    "waiting": "",
    "all": "?tab=all",
    "flagged": "?tab=flagged",
    "oldest": "?order=oldest",
    "deep": "?tab=all&after={middle}",
    "rare_reason": "?reason=rule-7",
    "rare_word": "?tab=all&q=rare4321",
    "common_word": "?tab=all&q=bread",
}


def main(comments: int) -> None:
    fill(comments)
    call_command("collectstatic", interactive=False, verbosity=0)
    client = Client(HTTP_HOST="localhost", HTTP_ORIGIN=f"http://localhost:{settings.DESCANT_PORT}")
    client.force_login(
        User.objects.get(username="ann"), "allauth.account.auth_backends.AuthenticationBackend"
    )
    figures: dict[str, float] = {}
    middle = Comment.objects.using(PLACE).order_by("created_at", "id")[comments // 2]
    for name, asked in PAGES.items():
        path = "/moderate/" + asked.format(middle=f"{middle.created_at:%Y-%m-%dT%H:%M:%S}Z~{middle.pk}")
        figures |= cost(name, lambda path=path: client.get(path))  # type: ignore[misc]
    near = re.findall(r'data-item="([^"]+)"', client.get("/moderate/").content.decode())[0]
    figures |= cost("near", lambda: client.get("/moderate/near/", {"item": near}))
    print(json.dumps({**figures, **deciding(client)}))


def cost(name: str, get: Callable[[], object]) -> dict[str, float]:
    answer = get()
    assert answer.status_code == 200, answer  # type: ignore[attr-defined]
    with queries_counted() as spent:
        get()
    taken = []
    for _turn in range(TURNS):
        began = time.perf_counter()
        get()
        taken.append(1_000 * (time.perf_counter() - began))
    return {
        f"{name}_queries": spent.count,
        f"{name}_ms": statistics.median(taken),
        f"{name}_most_ms": max(taken),
    }


def deciding(client: Client) -> dict[str, float]:
    """Comments decided and undone per second, fifty by one press of a button."""
    batches, seconds, changed = [], 0.0, 0
    for _batch in range(BATCHES):
        items = re.findall(r'class="row" data-item="([^"]+)"', client.get("/moderate/").content.decode())
        began = time.perf_counter()
        told = send(client, "decide", {"item": items[:BATCH], "verdict": "approve"})
        seconds += time.perf_counter() - began
        changed += int(told["changed"])
        batches.append(told["batch"])
    began, undone = time.perf_counter(), 0
    for batch in batches:
        undone += int(send(client, "undo", {"batch": batch})["changed"])
    return {
        "decisions_per_s": changed / seconds,
        "undone_per_s": undone / (time.perf_counter() - began),
        "decisions_lost": changed - undone,
    }


def send(client: Client, act: str, fields: dict[str, object]) -> dict[str, str]:
    answer = client.post(f"/moderate/do/{act}", fields, headers={"Accept": "application/json"})
    told: dict[str, str] = answer.json()
    return told


def fill(comments: int) -> None:
    """A forum's comments, written by the database itself."""
    forum = forum_named("gazette")
    threads = [make_thread(forum, PageAddress(f"bench-{number}")).pk for number in range(THREADS)]
    keys = ids.take(PLACE, Comment, comments)
    first, step = keys[0], keys[1] - keys[0]
    with connections[PLACE].cursor() as cursor:
        for begin in range(0, comments, 100_000):
            end = min(begin + 100_000, comments) - 1
            numbers = (
                f"WITH RECURSIVE k(n) AS (SELECT {begin} UNION ALL SELECT n + 1 FROM k WHERE n < {end}) "
            )
            cursor.execute(numbers + written(forum.pk, first, step, threads))
            cursor.execute(numbers + words_written(forum.pk, first, step))
        cursor.execute("ANALYZE")
        if connections[PLACE].vendor == "postgresql":
            cursor.execute("VACUUM (ANALYZE)")


def written(forum_id: int, first: int, step: int, threads: list[int]) -> str:
    is_pg = connections[PLACE].vendor == "postgresql"

    def reasons(told: list[object]) -> str:
        return f"'{json.dumps(told)}'" + ("::jsonb" if is_pg else "")

    values = {
        "id": f"{first} + {step} * n", "forum_id": forum_id,
        "thread_id": f"{threads[0]} + {threads[1] - threads[0]} * (n % {len(threads)})",
        "guest": "''", "author_name": "'Reader ' || (n % 1000)", "author_email": "''", "author_url": "''",
        "text": "'Bread number ' || n || ' takes eighteen hours in the cold and then a hot oven.'",
        "format": "'markdown'", "html": "'<p>Bread number ' || n || ' takes eighteen hours.</p>'", "html_version": 1,
        "state": STATE, "marked_spam": "FALSE",
        "reasons": f"CASE WHEN n % 20000 = 4 THEN {reasons(RARE)} WHEN n % 100 < 5 THEN {reasons(FIRST)}"
        f" ELSE {reasons([])} END",
        "flags": 0, "needs_look": "n % 200 = 99", "origin": "''", "origin_range": "''",
        "flood": f"CASE WHEN n % 10000 IN (0, 100, 200, 300) THEN {first} + {step} * (n - n % 10000) END",
        "created_at": moment(), "ups": 0, "downs": 0, "score": 0, "level": 0,
        "path": "decode(lpad(to_hex(n), 8, '0'), 'hex')" if is_pg else "CAST(printf('%08x', n) AS BLOB)",
        "replies": 0, "drawn": "n % 100 > 11", "source": "''",
    }  # fmt: skip
    columns = ", ".join(values)
    return f"INSERT INTO discussion_comment ({columns}) SELECT {', '.join(map(str, values.values()))} FROM k"


def moment() -> str:
    if connections[PLACE].vendor == "postgresql":
        return "now() - (2000000 - n) * interval '20 seconds'"
    return "strftime('%Y-%m-%d %H:%M:%S.000000', 'now', '-' || ((2000000 - n) * 20) || ' seconds')"


def words_written(forum_id: int, first: int, step: int) -> str:
    words = f"'forum{forum_id}x bread number takes eighteen hours rare' || (n % 5000)"
    return (
        f"INSERT INTO discussion_words (comment_id, forum_id, words, created_at)"
        f" SELECT {first} + {step} * n, {forum_id}, {words}, {moment()} FROM k WHERE n % 100 <> 11"
    )


if __name__ == "__main__":
    main(int(sys.argv[1]))
