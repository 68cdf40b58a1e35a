"""Run within a site's environment: what its pages cost, as one line of JSON."""

import json
import statistics
import time

import django

django.setup()

from django.core.handlers.wsgi import WSGIHandler  # noqa: E402
from django.db import connections  # noqa: E402
from django.test import RequestFactory  # noqa: E402

from descant.discussion.addressing.addresses import PageAddress  # noqa: E402
from descant.discussion.models import Comment  # noqa: E402
from descant.discussion.reading import LINES, read_page  # noqa: E402
from descant.discussion.tree import cursors  # noqa: E402
from descant.discussion.tree.cursors import AfterTop  # noqa: E402
from descant.discussion.tree.fetching import key_in  # noqa: E402
from descant.forums.directory import forum_named  # noqa: E402
from django_headroom.testing import queries_counted, rows_touched  # noqa: E402

TURNS = 60
LARGE, SMALL = PageAddress(identifier="seed-1-1"), PageAddress(identifier="seed-2-1")


def main() -> None:
    with connections["p1"].cursor() as cursor:
        cursor.execute("ANALYZE")
    figures: dict[str, float] = {}
    places = [
        ("small_page_1", SMALL, ""),
        ("large_page_1", LARGE, ""),
        ("large_page_1000", LARGE, page_1000()),
    ]
    for name, address, cursor_text in places:
        figures |= cost(name, address, cursor_text)
    figures |= whole_page(SMALL)
    times = {name: figures[f"{name}_ms"] for name, _, _ in places}
    figures["page_1000_over_page_1"] = times["large_page_1000"] / times["large_page_1"]
    figures["large_over_small"] = times["large_page_1"] / times["small_page_1"]
    print(json.dumps(figures))


def cost(name: str, address: PageAddress, cursor_text: str) -> dict[str, float]:
    forum = forum_named("gazette")

    def read() -> None:
        read_page(forum=forum, page=address, order="newest", cursor=cursor_text)

    read()
    with queries_counted() as spent:
        read()
    figures: dict[str, float] = {f"{name}_queries": spent.count}
    if connections["p1"].vendor == "postgresql":
        figures[f"{name}_rows"] = rows_touched(spent, "p1")
        figures[f"{name}_author_rows"] = rows_touched(spent, "default")
    taken = []
    for _ in range(TURNS):
        began = time.perf_counter()
        read()
        taken.append(1_000 * (time.perf_counter() - began))
    figures[f"{name}_ms"] = statistics.median(taken)
    return figures


def whole_page(address: PageAddress) -> dict[str, float]:
    """The first page from the request to its bytes, as Django answers: all it takes, and this process's share of it."""
    handler, asked = WSGIHandler(), {"f": "gazette", "t_i": address.identifier, "order": "newest"}
    taken, busy = [], []
    for _ in range(TURNS):
        began, was_busy = time.perf_counter(), time.process_time()
        answer = handler.get_response(RequestFactory(SERVER_NAME="localhost").get("/embed/comments/", asked))
        busy.append(1_000 * (time.process_time() - was_busy))
        taken.append(1_000 * (time.perf_counter() - began))
        assert answer.status_code == 200
    return {"whole_page_ms": statistics.median(taken), "whole_page_cpu_ms": statistics.median(busy)}


def page_1000() -> str:
    """Where the thousandth page begins, about: a page holds some 12 top-level comments and their replies."""
    forum = forum_named("gazette")
    tops = Comment.objects.of(forum).drawn().filter(parent=None, thread__title="Seeded article 1")
    before = tops.order_by("-created_at", "-id")[min(1_000 * LINES, tops.count()) // 2]
    return cursors.write(AfterTop(key_in("newest", before), before.pk))


if __name__ == "__main__":
    main()
