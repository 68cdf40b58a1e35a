"""How pages ask for their thread: by an identifier of the site's own, or by URL, in a normal form."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode, urlsplit

from django.utils.translation import gettext as _

from descant.discussion.models import ThreadAddress

IDENTIFIER_MAX = 300
URL_MAX = 2_000
_TRACKING = ("utm_", "fbclid", "gclid", "mc_cid", "mc_eid", "msclkid", "yclid")


class NoAddress(ValueError):
    """A page that says neither its identifier nor its URL."""


@dataclass(frozen=True)
class PageAddress:
    """What a page says of itself."""

    identifier: str = ""
    url: str = ""
    title: str = ""
    category: str = ""  # of which a thread is to be that is made by this: see ``category_named``

    def check(self) -> None:
        """Raises: NoAddress: there is nothing to look up, or it is too long."""
        if not self.identifier and not self.url:
            raise NoAddress(_("The page names no thread: give an identifier or a URL."))
        if len(self.identifier) > IDENTIFIER_MAX or len(self.url) > URL_MAX:
            raise NoAddress(
                _("An identifier has at most %(identifier)s characters, a URL %(url)s: give a shorter one.")
                % {"identifier": IDENTIFIER_MAX, "url": URL_MAX}
            )

    def digests(self) -> Sequence[str]:
        """What to look up, the identifier first."""
        by_identifier = [digest(ThreadAddress.Kind.IDENTIFIER, self.identifier)] if self.identifier else []
        return by_identifier + ([digest(ThreadAddress.Kind.URL, self.url)] if self.url else [])


def digest(kind: str, value: str) -> str:
    """The key of an address: equal for all spellings of one page."""
    normal = normal_url(value) if kind == ThreadAddress.Kind.URL else value
    return hashlib.blake2b(f"{kind}\n{normal}".encode(), digest_size=20).hexdigest()


def normal_url(url: str) -> str:
    """One spelling for the many of one page: no scheme, port of the scheme, fragment, tracking or last slash."""
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:
        return url.strip()
    host = (parts.hostname or "") + (f":{port}" if port and port not in (80, 443) else "")
    kept = [
        (name, value)
        for name, value in parse_qsl(parts.query, keep_blank_values=True)
        if not name.lower().startswith(_TRACKING)
    ]
    return host + (parts.path.rstrip("/") or "/") + (f"?{urlencode(kept)}" if kept else "")
