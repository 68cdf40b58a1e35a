"""Export files for the tests, written element by element, and what an importer reads out of them."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from descant.exchange.reading import disqus as disqus_format
from descant.exchange.reading import wxr
from descant.exchange.reading.unpacking import Unpacked
from descant.exchange.report import Report
from descant.exchange.sorting import arrivals
from descant.exchange.sorting.arrivals import CommentArrival, ThreadArrival
from descant.exchange.sorting.spool import Spool
from descant.exchange.stream import Choices

DISQUS = (
    '<?xml version="1.0" encoding="utf-8"?>\n'
    '<disqus xmlns="http://disqus.com" xmlns:dsq="http://disqus.com/disqus-internals">\n'
)
WXR = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0" xmlns:wp="{wp}" xmlns:dsq="http://www.disqus.com/"'
    ' xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><title>Gazette</title>\n'
)
NOON = "2012-05-01T12:00:00Z"


def element(name: str, text: str | None) -> str:
    return "" if text is None else f"<{name}>{escape(text)}</{name}>\n"


def reference(name: str, own_id: str | None, text: str = "") -> str:
    return "" if own_id is None else f"<{name} dsq:id={quoteattr(own_id)}>{escape(text)}</{name}>\n"


def thread(own_id: str | None = "1", **fields: str | None) -> str:
    """A Disqus thread; a field that is None is left out."""
    values = {"id": "", "forum": "gazette", "link": f"http://gazette.example/{own_id}", "title": "Bread",
              "createdAt": NOON, "isClosed": "false", "isDeleted": "false", **fields}  # fmt: skip
    mark = "" if own_id is None else f" dsq:id={quoteattr(own_id)}"
    return f"<thread{mark}>\n{''.join(element(name, text) for name, text in values.items())}</thread>\n"


AUTHOR = "<author><name>Cy</name><email>cy@reader.example</email><isAnonymous>true</isAnonymous></author>\n"


def post(
    own_id: str | None,
    of: str | None = "1",
    *,
    parent: str | None = None,
    more: str = "",
    **fields: str | None,
) -> str:
    """A Disqus post in the thread `of`; a field that is None is left out; `more` is added as it is."""
    values = {"id": "", "message": f"<p>Says {own_id}</p>", "createdAt": NOON, "isDeleted": "false",
              "isSpam": "false", **fields}  # fmt: skip
    mark = "" if own_id is None else f" dsq:id={quoteattr(own_id)}"
    texts = "".join(element(name, text) for name, text in values.items())
    author = "" if "<author" in more else AUTHOR
    return (
        f"<post{mark}>\n{texts}{author}{more}{reference('thread', of)}{reference('parent', parent)}</post>\n"
    )


def disqus(*rows: str) -> str:
    return f"{DISQUS}{''.join(rows)}</disqus>\n"


def comment(own_id: str, *, meta: str = "", **fields: str) -> str:
    """A WordPress comment."""
    values = {"id": own_id, "author": "Cy", "author_email": "cy@reader.example", "author_url": "",
              "date": "2012-05-01 14:00:00", "date_gmt": "2012-05-01 12:00:00", "content": f"Says {own_id}",
              "approved": "1", "type": "", "parent": "0", **fields}  # fmt: skip
    texts = "".join(element(f"wp:comment_{name}", text) for name, text in values.items())
    if meta:
        synced = element("wp:meta_key", "dsq_post_id") + element("wp:meta_value", meta)
        texts += f"<wp:commentmeta>{synced}</wp:commentmeta>"
    return f"<wp:comment>\n{texts}</wp:comment>\n"


def item(own_id: str, *comments: str, identifier: str | None = None, **fields: str) -> str:
    """A WordPress post with its comments."""
    values = {"title": "Bread", "link": f"http://gazette.example/{own_id}/",
              "guid": f"http://gazette.example/?p={own_id}", "wp:post_id": own_id,
              "wp:post_date_gmt": "2012-05-01 08:00:00", "wp:comment_status": "open", "wp:status": "publish",
              "wp:post_type": "post"}  # fmt: skip
    values |= {name.replace("__", ":"): text for name, text in fields.items()}
    texts = "".join(element(name, text) for name, text in values.items())
    return f"<item>\n{texts}{element('dsq:thread_identifier', identifier)}{''.join(comments)}</item>\n"


def wordpress(*items: str, wp: str = "http://wordpress.org/export/1.2/") -> str:
    return f"{WXR.format(wp=wp)}{''.join(items)}</channel></rss>\n"


def busy_file(last: int = 60) -> str:
    """Three threads; replies, spam, deleted posts and parents the file lacks."""
    posts = []
    for n in range(10, last):
        parent = str(n - 3) if n % 4 else None
        fields = {"isDeleted": "true"} if n % 11 == 0 else {"isSpam": "true"} if n % 13 == 0 else {}
        posts.append(
            post(str(n), str(n % 3 + 1), parent=parent, createdAt=f"2012-05-01T12:{n % 60:02}:00Z", **fields)
        )
    return disqus(*(thread(str(n), id=f"page-{n}") for n in (1, 2, 3)), *posts)


@dataclass
class Sorted:
    """A file as an importer would write it."""

    report: Report
    threads: list[ThreadArrival] = field(default_factory=list)
    comments: list[CommentArrival] = field(default_factory=list)

    def thread(self, source_id: str = "1") -> ThreadArrival:
        return next(each for each in self.threads if source_id in each.source_ids)

    def comment(self, source_id: str) -> CommentArrival:
        return next(each for each in self.comments if each.source_id == source_id)

    def order(self) -> list[str]:
        return [each.source_id for each in self.comments]

    def parent_of(self, source_id: str) -> str | None:
        parent = self.comment(source_id).parent
        return next((each.source_id for each in self.comments if each.number == parent), None)

    def remarks(self) -> dict[str, list[int]]:
        told = {**self.report.skips, **self.report.notes}
        return {why: lines.first for (_, why), lines in told.items()}


def read(path: Path, format_name: str = "disqus", **choices: str | bool) -> Sorted:
    """Reads a file to the end; what would be written is counted as if it were."""
    read_format = {"disqus": disqus_format, "wordpress": wxr}[format_name]
    chosen = Choices(**choices)  # type: ignore[arg-type]
    report = Report()
    with Spool(report, read_format.SOURCE) as spool:
        arrivals.sort(spool, read_format.read(Unpacked(path), chosen), chosen)
        found = Sorted(report, list(arrivals.threads(spool)), list(arrivals.comments(spool)))
    report.threads.imported = len(found.threads)
    count(report, found.comments)
    assert report.adds_up()
    return found


def count(report: Report, comments: Iterable[CommentArrival]) -> None:
    for each in comments:
        if each.missing:
            report.marks += 1
        elif each.state == "deleted":
            report.comments.tombstones += 1
        else:
            report.comments.imported += 1
