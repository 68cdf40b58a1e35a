"""Keeps what a release wrote, so that later ones can show that they bring it forward.

python tools/keep_release.py      run once at each release: writes tests/stories/upgrading/releases/VERSION/*.sql
"""

import contextlib
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

from descant import __version__

RELEASES = Path(__file__).resolve().parent.parent / "tests" / "stories" / "upgrading" / "releases"
SPEAKING = """
from descant.accounts.models import User
from descant.discussion.addressing.addresses import PageAddress
from descant.discussion.addressing.finding import make_thread
from descant.discussion.authors import Author
from descant.discussion.deciding import decide
from descant.discussion.posting import Draft, post_comment
from descant.discussion.voting import cast_vote
from descant.forums.models import Forum, Role
forum = Forum.objects.get(name="gazette")
ann = User.objects.create_user(username="ann", name="Ann", email="ann@mail.example")
Role.objects.create(forum=forum, user=ann, kind="owner")
owner, guest = Author(user=ann, role="owner"), Author(guest="0" * 32, name="Gus", address="192.0.2.1")
thread = make_thread(forum, PageAddress("bread", "https://gazette.example/bread", "Bread"))
rye = post_comment(forum=forum, thread=thread, author=guest, draft=Draft(text="**Rye**.", key="k1"))
post_comment(forum=forum, thread=thread, author=owner, draft=Draft(text="Wheat.", parent_id=rye.pk))
gone = post_comment(forum=forum, thread=thread, author=guest, draft=Draft(text="Sawdust."))
decide(forum=forum, comments=[gone], verdict="hide", by=owner, reason="not a flour")
cast_vote(forum=forum, comment=rye, author=owner, value=1)
"""


def main() -> None:
    kept = RELEASES / __version__
    shutil.rmtree(kept, ignore_errors=True)
    kept.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "DESCANT_DATA": folder, "DESCANT_PARTITIONS": "1"}
        for words in (
            ["upgrade"],
            ["forum", "open", "gazette", "--domain", "gazette.example"],
            ["manage", "shell", "-v", "0", "-c", SPEAKING],
        ):
            subprocess.run([sys.executable, "-m", "descant", *words], env=environment, check=True)
        for file in sorted(Path(folder).glob("*.sqlite3")):
            with contextlib.closing(sqlite3.connect(file)) as database:
                (kept / f"{file.stem}.sql").write_text("\n".join(database.iterdump()) + "\n")


if __name__ == "__main__":
    main()
