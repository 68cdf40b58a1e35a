"""Imported HTML before it is kept: pictures become links, and of HTML too tangled to be sanitised only words stay."""

import re
from urllib.parse import unquote

from descant.discussion import text
from descant.exchange.stream import web_address

# What a sanitiser does to HTML can grow with the square of its nesting: 64 KiB may take eleven seconds. Within these
# limits it takes some hundredths of a second.
MOST_DEPTH = 100
MOST_TAGS = 20_000
MOST_WORK = 50_000  # the depth at each tag, summed up

_WS = r"[ \t\n\r\f]"
# A tag of which every reader of HTML sees the same end, or else the beginning of something odd.
_TAG = re.compile(
    rf"""<(?:(?P<closes>/?)(?P<name>[a-zA-Z][^ \t\n\r\f/<>]*+)
        (?:(?:{_WS}|/)++[^ \t\n\r\f"'<>/=]++(?:{_WS}*+={_WS}*+(?:"[^"]*+"|'[^']*+'|[^ \t\n\r\f"'<>]++))?+)*+
        (?:{_WS}|/)*+>|[a-zA-Z/!?])""",
    re.VERBOSE,
)
_START = re.compile(r"<[a-zA-Z]")
_WITHOUT_END = {"br", "hr", "img"}
_END_MAY_LACK = {"p", "li", "dd", "dt"}
_CLOSES_P = {
    "address", "blockquote", "center", "dd", "details", "div", "dl", "dt", "figure", "h1", "h2", "h3", "h4", "h5",
    "h6", "hr", "li", "ol", "p", "pre", "ul",
}  # fmt: skip
_ANY_TAG = re.compile(r"<[a-zA-Z/!?][^<>]*+>?")
_BREAKING_TAG = re.compile(rf"</?(?:{'|'.join(_CLOSES_P)}|br|td|tr)(?![a-zA-Z0-9])[^<>]*+>?", re.IGNORECASE)

_PICTURE = re.compile(
    rf"""<(?P<closes>/?)a(?=[/>]|{_WS})|<img(?=[/>]|{_WS})(?P<of>(?:[^<>"']++|"[^"<]*+"|'[^'<]*+')*+)>""",
    re.IGNORECASE | re.VERBOSE,
)
_ATTRIBUTE = re.compile(r"""([^\s"'<>/=]++)(?:\s*+=\s*+("[^"]*+"|'[^']*+'|[^\s"'<>]++))?+""")


def with_links_for_pictures(html: str) -> str:
    """Each picture as a link to it, called by its alternative text or its file; within a link only these words."""
    if "<img" not in html.lower():
        return html
    in_link = False

    def link_for(found: re.Match[str]) -> str:
        nonlocal in_link
        if found["of"] is not None:
            return _link(found["of"], in_link)
        in_link = not found["closes"]
        return found[0]

    return _PICTURE.sub(link_for, html)


def _link(attributes: str, in_link: bool) -> str:
    """The values stay HTML, as they are written, so they need no quoting but for what `unquote` makes."""
    found: dict[str, str] = {}
    for name, value in _ATTRIBUTE.findall(attributes):
        found.setdefault(name.lower(), value.strip("\"'").strip())
    source = found.get("src", "")
    is_file = not source.lower().startswith("data:")
    file_name = source.partition("?")[0].rstrip("/").rpartition("/")[2] if is_file else ""
    words = found.get("alt") or unquote(file_name)
    words = words.replace("<", "&lt;").replace(">", "&gt;")
    address = web_address(source.replace(" ", "%20"))
    return f'<a href="{address}">{words}</a>' if address and not in_link else words


def is_tangled(html: str) -> bool:
    """Whether HTML is nested so deep, or left open so often, that sanitising it could take seconds.

    Never less deep than what a browser would make of it: an end tag counts only where it ends the innermost element.
    """
    tags = html.count("<")
    if tags <= MOST_DEPTH:
        return False
    if tags > MOST_TAGS:
        return True
    html = text.plain(html)
    inside: list[str] = []
    work = 0
    for tag in _TAG.finditer(html):
        name = tag["name"]
        if name is None:
            # A remark or an unclosed quote: what follows may be other than it looks, so no end tag counts any more.
            return len(inside) + len(_START.findall(html, tag.start())) > MOST_DEPTH
        work += len(inside)
        if tag["closes"]:
            _leave(inside, name.lower())
        else:
            _enter(inside, name.lower())
        if len(inside) > MOST_DEPTH or work > MOST_WORK:
            return True
    return False


def _enter(inside: list[str], name: str) -> None:
    if inside and inside[-1] == "p" and name in _CLOSES_P:
        inside.pop()
    if inside and inside[-1] == name and name in _END_MAY_LACK:
        inside.pop()
    if name not in _WITHOUT_END:
        inside.append(name)


def _leave(inside: list[str], name: str) -> None:
    """Ends the innermost element, and with it what may stand open in it (`<ul><li><p>…</ul>`)."""
    if name in ("html", "body"):
        return
    for above in range(min(3, len(inside))):
        if inside[-1 - above] == name:
            del inside[len(inside) - 1 - above :]
            return
        if inside[-1 - above] not in _END_MAY_LACK:
            return


def words_of(html: str) -> str:
    """The words of HTML line by line, without its tags."""
    bare = _ANY_TAG.sub("", _BREAKING_TAG.sub("\n", html)).replace("<", "&lt;").replace(">", "&gt;")
    lines = [line for each in bare.split("\n") if (line := each.strip())]
    return f"<p>{'<br>'.join(lines)}</p>" if lines else ""
