"""A feature for a story, shipped dark in one release: who has written wins a medal, or would."""

import os
from collections.abc import Callable

from django.db import connections
from django.http import HttpRequest, HttpResponse

from django_headroom.operations.errors.capturing import capture
from django_headroom.operations.switches import Switch, declare, is_on

SWITCH = "medals"
METALS: dict[str, str] = {}  # nobody has filled it in
# Rows that a database counts one by one, and no index helps.
COUNTED = (
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000) SELECT count(*) FROM n"
)

declare(Switch(SWITCH, says="Who writes much wins a medal.", default=False, unread=False, owner="operators"))


class Medals:
    """A middleware that gives medals to some of those who write, whose comments are answered whatever comes of it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        answer = self.get_response(request)
        writer = request.POST.get("author_name", "")
        if writer and is_on(SWITCH, actor=writer):
            _note(writer)
            try:
                award(writer)
            except KeyError as error:
                capture(error, request=request)
        return answer


def award(writer: str) -> str:
    with connections["default"].cursor() as cursor:
        cursor.execute(COUNTED)
        (written,) = cursor.fetchone()
    return f"{writer}: {METALS[str(written)]}"


def _note(writer: str) -> None:
    """For the story alone: each that was met, in one write, so that no process writes over another."""
    with open(os.environ["MEDALS_MET"], "a", encoding="utf-8") as met:
        met.write(f"{writer}\n")
