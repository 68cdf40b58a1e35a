"""A Disqus export of any size, made up, and how fast it is imported."""

import random
import resource
import time
from collections.abc import Iterator
from pathlib import Path

from bench.rig.sites import DOMAIN, FORUM, Site

THREADS_PER_POSTS = 50
WORDS = "flour water salt time bell harbour gull rail border snow palm crust oven bread night boat rope fog".split()


def measure(site: Site, folder: Path, posts: int) -> dict[str, float]:
    """Rows per second of an import, of the same import again, and the memory of the larger of the two."""
    file = folder / "export.xml"
    if not file.exists():
        with open(file, "w", encoding="utf-8") as written:
            written.writelines(export(posts))
    rows = posts + posts // THREADS_PER_POSTS
    figures: dict[str, float] = {"import_file_mb": file.stat().st_size / 1e6}
    for name in ("import", "import_again"):
        began = time.perf_counter()
        site.command("import", "disqus", str(file), "--forum", FORUM)
        figures[f"{name}_rows_per_s"] = rows / (time.perf_counter() - began)
    figures["import_most_memory_mb"] = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1_024
    return figures


def export(posts: int, seed: int = 7) -> Iterator[str]:
    """The lines of an export: threads of all sizes, answers to answers, a few deleted and spam."""
    dice = random.Random(seed)
    threads = max(1, posts // THREADS_PER_POSTS)
    yield '<?xml version="1.0" encoding="utf-8"?>\n<disqus xmlns="http://disqus.com"'
    yield ' xmlns:dsq="http://disqus.com/disqus-internals">\n'
    for number in range(threads):
        yield (
            f'<thread dsq:id="{number + 1}"><id>export-{number}</id><forum>{FORUM}</forum>'
            f"<link>https://{DOMAIN}/export/{number}</link><title>Article {number}</title>"
            "<createdAt>2014-01-01T00:00:00Z</createdAt><isClosed>false</isClosed><isDeleted>false</isDeleted></thread>\n"
        )
    latest: dict[int, list[int]] = {}
    for number in range(posts):
        yield _post(dice, number, 1 + int(threads * dice.random() ** 2), latest)
    yield "</disqus>\n"


def _post(dice: random.Random, number: int, thread: int, latest: dict[int, list[int]]) -> str:
    key = 1_000_000 + number
    recent = latest.setdefault(thread, [])
    parent = f'<parent dsq:id="{dice.choice(recent)}"/>' if recent and dice.random() < 0.5 else ""
    recent.append(key)
    del recent[:-20]
    minutes, seconds = divmod(number, 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    at = f"2014-{1 + days // 28 % 12:02}-{1 + days % 28:02}T{hours:02}:{minutes:02}:{seconds:02}Z"
    words = " ".join(dice.choices(WORDS, k=dice.randint(5, 60)))
    return (
        f'<post dsq:id="{key}"><message><![CDATA[<p>{words} <a href="https://a.example/{number}">link</a></p>]]>'
        f"</message><createdAt>{at}</createdAt><isDeleted>{'true' if dice.random() < 0.02 else 'false'}</isDeleted>"
        f"<isSpam>{'true' if dice.random() < 0.03 else 'false'}</isSpam><author><name>Reader {number % 997}</name>"
        f'<isAnonymous>true</isAnonymous></author><thread dsq:id="{thread}"/>{parent}</post>\n'
    )
