"""What a comment's text becomes: CommonMark or imported HTML in, a small safe HTML out; the one place that renders.

The sanitiser comes last and nothing writes HTML after it. Each row remembers the version of these rules that made
its HTML; a row made by older rules is made anew when it is read.
"""

import html
import re
import sys
import unicodedata
from collections.abc import Sequence

import nh3
from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

from descant.accounts.naming import FILLERS
from descant.discussion.models import Comment

RULES_VERSION = 1

TAGS = {
    "a", "b", "blockquote", "br", "code", "del", "em", "hr", "i", "li", "ol", "p", "pre", "s", "strong", "sub",
    "sup", "u", "ul",
}  # fmt: skip

_URL = re.compile(r"https?://[^\s<>\"`]+")
_TRAILING = ".,;:!?'\"*_~"
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff\ud800-\udfff]")
_UNSEEN = re.compile(
    "[\u00ad\u061c\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e0fff"
    f"{FILLERS}]"
)
# What CommonMark, or a rule of ours, might make something else of than the text itself, and what the sanitiser writes
# in another way: markup, addresses, lists, blanks at the ends of lines.
_MARKUP = re.compile(r"[\\`*_~\[\]<>&\xa0]|://|^[^\S\n]|[^\S\n]$|^[-+]|^[0-9]{1,9}[.)]", flags=re.MULTILINE)
_BETWEEN = re.compile(r"\n{2,}")
_MARKS = frozenset(
    chr(number) for number in range(sys.maxunicode + 1) if unicodedata.category(chr(number)) in ("Mn", "Me")
)
_MARKS_MOST = 6
NESTING_MOST = 60


def render(source: str, source_format: str) -> str:
    """Safe HTML of a source, in whichever format it is written.

    Most comments are sentences and nothing else; for these the long way, which makes the same of them, is left out.
    """
    if source_format == Comment.Format.MARKDOWN and not _MARKUP.search(source):
        return _sentences(source)
    return sanitise(_written(source) if source_format == Comment.Format.MARKDOWN else source)


def sanitise(written: str) -> str:
    """Allow-listed HTML: few tags, links only to http, https and mail, each ``nofollow ugc noopener``."""
    return _cleaner.clean(written)


def shown_html(comment: Comment) -> str:
    """The HTML to show of a comment, made by today's rules."""
    if comment.html_version == RULES_VERSION:
        return comment.html
    return render(comment.text, comment.format)


def plain(written: str) -> str:
    """A text without what no text needs: control characters, lone surrogates, towers of combining marks."""
    text = unicodedata.normalize("NFC", _CONTROL.sub("", written.replace("\r\n", "\n").replace("\r", "\n")))
    return text if _MARKS.isdisjoint(text) else _without_towers(text)


def one_line(written: str) -> str:
    """A name or a title: one line, without characters that turn or hide their neighbours."""
    return " ".join(_UNSEEN.sub("", plain(written)).split())


def excerpt(shown: str, most: int = 140) -> str:
    """The beginning of a shown comment's HTML, as plain text."""
    words = " ".join(html.unescape(_bare.clean(shown)).split())
    return words if len(words) <= most else words[: most - 1].rsplit(" ", 1)[0] + "…"


def _sentences(source: str) -> str:
    paragraphs = (each.replace("\n", "<br>\n") for each in _BETWEEN.split(source.strip("\n")) if each)
    return "".join(f"<p>{each}</p>\n" for each in paragraphs)


def _written(source: str) -> str:
    """The parser drops what lies deeper than its limit: a text that deep is shown as it was typed instead."""
    tokens = _markdown.parse(source)
    if any(token.level >= NESTING_MOST - 2 for token in tokens):
        return "<p>" + html.escape(source).replace("\n", "<br>\n") + "</p>\n"
    return str(_markdown.renderer.render(tokens, _markdown.options, {}))


def _without_towers(text: str) -> str:
    kept: list[str] = []
    marks = 0
    for letter in text:
        marks = marks + 1 if letter in _MARKS else 0
        if marks <= _MARKS_MOST:
            kept.append(letter)
    return "".join(kept)


def _keep_attribute(tag: str, attribute: str, value: str) -> str | None:
    """Nothing but where a link leads, and only to another site or a mailbox: ``//host`` is refused as well."""
    if (tag, attribute) == ("a", "rel"):
        return value  # the sanitiser's own, see link_rel
    if (tag, attribute) == ("a", "href") and value.lower().startswith(("http://", "https://", "mailto:")):
        return value
    return None


def _link_bare_urls(state: StateCore) -> None:
    """A rule for markdown-it: an http(s) address in running text becomes a link."""
    for block in state.tokens:
        if block.type == "inline" and "://" in block.content:
            block.children = _with_links(block.children or [])


def _with_links(tokens: Sequence[Token]) -> list[Token]:
    found: list[Token] = []
    inside = 0
    for token in tokens:
        inside += {"link_open": 1, "link_close": -1}.get(token.type, 0)
        found += _split(token) if token.type == "text" and not inside and "://" in token.content else [token]
    return found


def _split(token: Token) -> list[Token]:
    pieces: list[Token] = []
    at = 0
    for match in _URL.finditer(token.content):
        url = _trim(match.group())
        pieces += [_text(token.content[at : match.start()]), Token("link_open", "a", 1, attrs={"href": url})]
        pieces += [_text(url), Token("link_close", "a", -1)]
        at = match.start() + len(url)
    return [*pieces, _text(token.content[at:])]


def _trim(url: str) -> str:
    """Punctuation after an address belongs to the sentence, and so does a bracket that the address did not open."""
    trimmed = url.rstrip(_TRAILING)
    unopened = trimmed.count(")") - trimmed.count("(")
    while unopened > 0 and trimmed.endswith(")"):
        trimmed, unopened = trimmed[:-1], unopened - 1
    return trimmed.rstrip(_TRAILING)


def _text(content: str) -> Token:
    return Token("text", "", 0, content=content)


_markdown = MarkdownIt("commonmark", {"html": False, "breaks": True, "maxNesting": NESTING_MOST})
_markdown.disable(["image", "heading", "lheading", "reference", "html_block", "html_inline"])
_markdown.enable("strikethrough")
_markdown.core.ruler.push("bare_urls", _link_bare_urls)

_cleaner = nh3.Cleaner(
    tags=TAGS,
    attributes={"a": {"href"}},
    attribute_filter=_keep_attribute,
    url_schemes={"http", "https", "mailto"},
    link_rel="nofollow ugc noopener",
)
_bare = nh3.Cleaner(tags=set())
