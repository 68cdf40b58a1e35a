"""A forum as one SQLite file: Descant itself, started on it, has the same rows under the same ids, and serves them."""

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from descant.discussion.models import Comment
from descant.exchange.leaving.one_file import DATABASES, ONE_FILE
from descant.forums.models import Forum
from descant.forums.signing_on.sharing import share_people
from tests.descant.conftest import Cast

ROOT = Path(__file__).resolve().parents[4]
# Another process, with the settings of a site that is one file: it writes the native format, and a page.
PROGRAM = """
import sys, django
django.setup()
from pathlib import Path
from descant.exchange.leaving.exporting import run_export
from descant.discussion.models import Comment
from descant.discussion.addressing.addresses import PageAddress
from descant.discussion.addressing.finding import find_thread
from descant.discussion.authors import Author
from descant.discussion.posting import Draft, post_comment
from descant.discussion.reading.pages import read_page
from descant.forums.directory import forum_named

forum = forum_named("gazette")
run_export(format="native", forum=forum, path=Path(sys.argv[1]))
page = read_page(forum=forum, page=PageAddress(identifier="bread"), order="best")
thread = find_thread(forum, PageAddress(identifier="bread"))
by = Author(guest="0123456789abcdef", name="Eve", address="192.0.2.9")
new = post_comment(forum=forum, thread=thread, author=by, draft=Draft(text="Said there"))
print(any(line.comment.text == "Liked" for line in page.lines), new.pk)
"""


def lines(path: Path) -> list[dict[str, object]]:
    """What both sites say; which site it was, and its roles, which stay behind, aside."""
    rows = [json.loads(line) for line in path.read_text().splitlines()[1:]]
    return [row for row in rows if row["row"] not in ("role", "account", "end")]


def test_it_has_the_same_rows_and_is_served(
    cast: Cast,
    judged: Forum,
    export: Callable[..., Path],
    tmp_path: Path,
) -> None:
    share_people(forum=judged, other=cast.tribune)
    before = lines(export("native"))
    site = tmp_path / "site"
    site.mkdir()
    path = export("sqlite").rename(site / "global.sqlite3")
    assert_nobody_can_be_found_or_be_somebody(path)
    kept = {name: value for name, value in os.environ.items() if not DATABASES.match(name)}
    environment = {**kept, **ONE_FILE, "DESCANT_DATA": str(site), "PYTHONPATH": str(ROOT / "src")}
    again = tmp_path / "again.jsonl"
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(again)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    has_it, new = done.stdout.split()
    assert has_it == "True"
    assert lines(again) == before
    assert int(new) > max(Comment.objects.of(judged).values_list("pk", flat=True))


def assert_nobody_can_be_found_or_be_somebody(path: Path) -> None:
    assert b"@mail.example" not in path.read_bytes()
    file = sqlite3.connect(path)
    accounts = file.execute("SELECT password, is_active FROM accounts_user").fetchall()
    assert accounts
    assert all(password.startswith("!") and not active for password, active in accounts)
    assert file.execute("SELECT count(*) FROM forums_role").fetchone() == (0,)
    assert file.execute("PRAGMA foreign_key_check").fetchall() == []
    file.close()
