"""The domains of a forum: who may frame it, and which pages may have threads in it."""

import re
from functools import lru_cache
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from descant.forums.models import Forum

_HOST = re.compile(r"(\*\.)?([a-z0-9_-]{1,63}\.)*[a-z0-9_-]{1,63}(:\d{1,5})?")
# What browsers and Python read in two ways, and so no address of a page: userinfo, backslashes, blanks, controls.
_MISREAD = re.compile(r"[\\\s\x00-\x20\x7f]|^[^/]*//[^/?#]*@")
_LOOPBACK = ("localhost", "127.0.0.1")
_USUAL_PORTS = {"http": 80, "https": 443}


class BadDomain(ValueError):
    """What cannot be a domain."""


class PageOutside(Exception):
    """A page that stands on none of the forum's domains."""


@lru_cache(maxsize=4_096)
def as_host(domain: str) -> str:
    """A domain as it is kept: ``https://Blog.Example/x`` becomes ``blog.example``; IDNA names become ASCII.

    Raises:
        BadDomain
    """
    bare = domain.strip().lower().rpartition("://")[2].split("/")[0].rstrip(".")
    if bare.startswith("["):
        raise BadDomain(
            _(
                "%(domain)s is an IPv6 address, which no browser can be told of (frame-ancestors has no form for it): "
                "let the page be opened by a name; [::1] is localhost."
            )
            % {"domain": repr(domain[:80])}
        )
    try:
        bare = ".".join(
            label if label.isascii() else label.encode("idna").decode() for label in bare.split(".")
        )
    except UnicodeError:
        bare = ""
    if len(bare) > 253 or not _HOST.fullmatch(bare):
        raise BadDomain(
            _("%(domain)s is no domain: write it as blog.example or *.blog.example.")
            % {"domain": repr(domain[:80])}
        )
    return bare


def check_page(forum: Forum, url: str) -> None:
    """Refuse a page that stands outside the forum's domains.

    Raises:
        PageOutside
    """
    try:
        parts = None if _MISREAD.search(url) else urlsplit(url)
        usual = _USUAL_PORTS.get(parts.scheme) if parts else None
        host, port = (as_host(parts.hostname or ""), parts.port or usual) if parts and usual else ("", None)
    except ValueError:
        host, port = "", None
    if port is None or not _is_among(forum, host, port):
        raise PageOutside(_("This page is not on a domain of the forum. Its owner can add the domain."))


def frame_ancestors(forum: Forum) -> str:
    """The sources of Content-Security-Policy that may frame the forum."""
    sources = []
    for domain in forum.domains.all():
        bare = domain.host.rsplit(":", 1)[0] if re.search(r":\d+$", domain.host) else domain.host
        port = ":*" if bare in _LOOPBACK and bare == domain.host else ""
        sources += [f"https://{domain.host}{port}", f"http://{domain.host}{port}"]
    return " ".join(["'self'", *sources])


def _is_among(forum: Forum, host: str, port: int) -> bool:
    """As browsers read ``frame_ancestors``: without a port the usual ones, of our own machine any."""
    for domain in forum.domains.all():
        wanted, _, wanted_port = domain.host.partition(":")
        ports = [int(wanted_port)] if wanted_port else _USUAL_PORTS.values()
        if port not in ports and (wanted_port or wanted not in _LOOPBACK):
            continue
        if wanted.startswith("*."):
            if host.endswith(wanted[1:]):
                return True
        elif host == wanted:
            return True
    return False
