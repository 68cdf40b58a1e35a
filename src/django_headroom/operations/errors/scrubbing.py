"""What never leaves the process: values under secret names, addresses of people and machines, tokens in texts."""

import ipaddress
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from django_headroom.conf import headroom

HIDDEN = "[hidden]"
NAMES = re.compile(
    r"pass(?:word|wd|phrase)?s?\b|passw|secret|token|credential|cookie|session|csrf|auth|signature|private|"
    r"api_?key|apikey|\bkey\b|(?:^|_)keys?(?:$|_)|e_?mail|\bip\b|(?:^|_)ip(?:$|_)|addr|remote|forwarded|phone|card|"
    r"\biban\b|\bssn\b|\bdsn\b",
    re.IGNORECASE,
)
# Names that hold one of those words and nothing of anybody.
HARMLESS = frozenset(
    {"author", "authors", "author_id", "session_count", "keys", "primary_key", "token_count"}
)
DEEPEST = 12
LONGEST = 8_192

# Each begins where a word begins and is bounded, so that a hostile text costs no more than its length.
_EMAIL = re.compile(r"[\w.+%-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
_IPV4 = re.compile(r"(?<![\w.])(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?!\w|\.\d)")
_IPV6 = re.compile(r"(?<![\w:])[0-9a-fA-F:]{3,39}(?![\w:])")
_BEARER = re.compile(r"\b(bearer|basic|digest) {1,3}[\w.~+/=-]{6,}", re.IGNORECASE)
_JWT = re.compile(r"(?<![\w-])eyJ[\w-]{5,2000}\.[\w-]{5,4000}(?:\.[\w-]*)?")
_IN_URL = re.compile(r"(?<![\w+.-])([a-z][\w+.-]{0,20}://)[^\s/@:]{0,200}:[^\s/@]{0,200}@")
_NAMED = re.compile(
    r"""(?<![\w-])(["']?[\w-]{0,30}(?:passw|secret|token|api_?key|credential|cookie|csrf|signature|sessionid)"""
    r"""[\w-]{0,30}["']?\s{0,3}[:=]\s{0,3})("[^"]*"|'[^']*'|[^\s,;&)}"']+)""",
    re.IGNORECASE,
)


def is_secret(name: str) -> bool:
    """Whether what stands under a name is not shown: one of ours, or of ``ERRORS_HIDDEN``.

    >>> is_secret("access_token"), is_secret("amount")
    (True, False)
    """
    return _is_secret(name.lower().replace("-", "_"), headroom().errors_hidden)


def scrubbed_text(text: str) -> str:
    """A text without e-mail addresses, IP addresses, tokens and passwords.

    >>> scrubbed_text("ann@bakery.example from 192.0.2.7")
    '[hidden] from [hidden]'
    """
    text = storable(text if len(text) <= LONGEST else f"{text[:LONGEST]}…")
    if "@" in text:
        text = _IN_URL.sub(rf"\1{HIDDEN}@", text)
        text = _EMAIL.sub(HIDDEN, text)
    if ":" in text:
        text = _IPV6.sub(_address, text)
    if "." in text:
        text = _JWT.sub(HIDDEN, _IPV4.sub(HIDDEN, text))
    return _NAMED.sub(_named, _BEARER.sub(rf"\1 {HIDDEN}", text))


def storable(text: str) -> str:
    """A text as every database takes it: a stranger's words may hold NUL, or half a surrogate."""
    return text.replace("\0", "\\0").encode("utf-8", "backslashreplace").decode()


def scrubbed(value: Any, depth: int = 0) -> Any:
    """Plain JSON without what never leaves: by the names of its members, and in its texts."""
    if isinstance(value, str):
        return scrubbed_text(value)
    if depth > DEEPEST:
        return HIDDEN
    if isinstance(value, Mapping):
        return {
            storable(str(name)[:200]): HIDDEN if _hides(str(name), each) else scrubbed(each, depth + 1)
            for name, each in value.items()
        }
    if isinstance(value, list | tuple):
        return [scrubbed(each, depth + 1) for each in value]
    return value


def _hides(name: str, value: Any) -> bool:
    return value is not None and not isinstance(value, bool) and is_secret(name)


@lru_cache(4_096)
def _is_secret(name: str, more: tuple[str, ...]) -> bool:
    return name in more or (name not in HARMLESS and NAMES.search(name) is not None)


def _address(found: re.Match[str]) -> str:
    """Times and names of C++ look alike; what is an address Python knows."""
    try:
        ipaddress.IPv6Address(found[0])
    except ValueError:
        return found[0]
    return HIDDEN


def _named(found: re.Match[str]) -> str:
    return found[0] if found[2] in ("None", HIDDEN, f"'{HIDDEN}'") else f"{found[1]}{HIDDEN}"
