"""Links: how many a comment has, and where they lead."""

import unicodedata
from dataclasses import dataclass
from itertools import islice
from typing import ClassVar

from django.utils.translation import gettext as _

from descant.discussion.judging.rules.patterns import as_pattern
from descant.discussion.judging.rules.subjects import BadRule, Finding, Said, Subject, number_in, texts_in
from descant.forums.domains import BadDomain, as_host

HOSTS_MOST = 10_000
# By RE2: the second would take its time with what somebody has written for it.
_LINK = as_pattern(r"(?:https?://|\bwww\.)[^\s<>\"]+")
_HOST = as_pattern(r"(?:[\pL\pM\pN][\pL\pM\pN_-]*[.。．｡])+[\pL\pM\pN][\pL\pM\pN-]+")


@dataclass(frozen=True)
class Many:
    """More links than a number."""

    asks: ClassVar[bool] = False
    most: int

    def find(self, subject: Subject) -> Finding | None:
        over = next(islice(_LINK.finditer(subject.text), self.most, None), None)
        return None if over is None else Finding(over.group()[:200], over.span())


@dataclass(frozen=True)
class Hosts:
    """Hosts and all below them, named in the text, linked or not, or in the author's site."""

    asks: ClassVar[bool] = False
    hosts: frozenset[str]

    def find(self, subject: Subject) -> Finding | None:
        for match in _HOST.finditer(subject.text):
            if self._is_meant(match.group()):
                return Finding(match.group(), match.span())
        for match in _HOST.finditer(subject.url):
            if self._is_meant(match.group()):
                return Finding(match.group(), place="url")
        return None

    def _is_meant(self, written: str) -> bool:
        parts = _ascii(written).split(".")
        return any(".".join(parts[at:]) in self.hosts for at in range(max(0, len(parts) - 8), len(parts)))


def compile_links(said: Said) -> Many | Hosts:
    """Make a rule on links ready, by ``more_than`` or by ``hosts``.

    Raises:
        BadRule
    """
    if "hosts" not in said:
        return Many(number_in(said, "more_than", least=0, most=100))
    hosts = set()
    for written in texts_in(said, "hosts", most=HOSTS_MOST, longest=253):
        try:
            hosts.add(as_host(written.lower().removeprefix("*.")).partition(":")[0])
        except BadDomain:
            told = _("“%(host)s” is no host: write it as shop.example.")
            raise BadRule(told % {"host": written[:80]}, "hosts") from None
    return Hosts(frozenset(hosts))


def hosts_in(text: str) -> list[str]:
    """The hosts of the links of a text."""
    links = [_HOST.search(link.group()) for link in islice(_LINK.finditer(text), 20)]
    return [_ascii(host.group()).removeprefix("www.") for host in links if host is not None]


def _ascii(host: str) -> str:
    host = unicodedata.normalize("NFKC", host).replace("。", ".").lower()
    if host.isascii():
        return host
    return ".".join(part if part.isascii() else _encoded(part) for part in host.split("."))


def _encoded(part: str) -> str:
    try:
        return part.encode("idna").decode("ascii")
    except UnicodeError:
        return part
