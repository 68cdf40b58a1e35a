"""Threads to read: any number of them, alike but for a word of its own in each comment, by which its page is known."""

import random
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

from bench.rig.exports import WORDS
from bench.rig.sites import DOMAIN, FORUM

MARK = re.compile(r"mark(\d+)mark")


def comments_of(thread: int, count: int) -> Iterator[tuple[str, int | None]]:
    """Each comment's text, and the number of the one that it answers: two in five answer the first of their five."""
    dice = random.Random(thread)
    for number in range(count):
        words = " ".join(dice.choices(WORDS, k=dice.randint(10, 60)))
        parent = number - number % 5 if number % 5 in (1, 2) else None
        yield f"{words} mark{thread}mark {number}.", parent


def is_page_of(thread: int, page: bytes) -> bool:
    """Whether a page shows comments of this thread, and of no other."""
    return {int(found) for found in MARK.findall(page.decode())} == {thread}


def identifier(thread: int) -> str:
    return f"alike-{thread}"


def page_path(name: str, **more: str) -> str:
    """Where the frame of a page is, as the loader asks for it."""
    asked = {"f": FORUM, "t_i": name, "t_u": f"https://{DOMAIN}/{name}", **more}
    return f"/embed/comments/?{urlencode(asked)}"


def write_paths(file: Path, paths: Iterator[str]) -> Path:
    """A list of paths for the load generators."""
    file.write_text("".join(f"{path}\n" for path in paths), encoding="utf-8")
    return file


def export(threads: int, comments: int) -> Iterator[str]:
    """The lines of a Disqus export that holds them."""
    yield '<?xml version="1.0" encoding="utf-8"?>\n<disqus xmlns="http://disqus.com"'
    yield ' xmlns:dsq="http://disqus.com/disqus-internals">\n'
    for thread in range(threads):
        name = identifier(thread)
        yield (
            f'<thread dsq:id="{thread + 1}"><id>{name}</id><forum>{FORUM}</forum><link>https://{DOMAIN}/{name}</link>'
            f"<title>Article {thread}</title><createdAt>2014-01-01T00:00:00Z</createdAt>"
            "<isClosed>false</isClosed><isDeleted>false</isDeleted></thread>\n"
        )
    for thread in range(threads):
        yield from _posts(thread, comments)
    yield "</disqus>\n"


def _posts(thread: int, comments: int) -> Iterator[str]:
    first = 1_000_000 + thread * comments
    for number, (text, answered) in enumerate(comments_of(thread, comments)):
        parent = "" if answered is None else f'<parent dsq:id="{first + answered}"/>'
        yield (
            f'<post dsq:id="{first + number}"><message><![CDATA[<p>{text}</p>]]></message>'
            f"<createdAt>2014-02-{1 + number // 60 % 28:02}T{thread % 24:02}:{number % 60:02}:00Z</createdAt>"
            f"<isDeleted>false</isDeleted><isSpam>false</isSpam><author><name>Reader {number % 97}</name>"
            f'<isAnonymous>true</isAnonymous></author><thread dsq:id="{thread + 1}"/>{parent}</post>\n'
        )
