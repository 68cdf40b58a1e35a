"""What is kept of where a comment came from: keyed digests, by which one can ban without being told an address."""

from functools import lru_cache
from ipaddress import ip_address, ip_network

from descant.discussion.authors import Author
from descant.discussion.judging.pacing import keyed
from descant.forums.models import Ban

RANGE_BITS = {4: 24, 6: 48}


@lru_cache(maxsize=4_096)
def origin_of(address: str) -> str:
    """A digest of an address, or of IPv6 its network of 64 bits; the same on every forum of this site."""
    return keyed(f"origin/{address}") if address else ""


@lru_cache(maxsize=4_096)
def range_of(address: str) -> str:
    """A digest of the neighbourhood of an address: what one provider gives to a street or a company."""
    if not address:
        return ""
    host = ip_address(address.partition("/")[0])
    return keyed(f"range/{ip_network((host, RANGE_BITS[host.version]), strict=False)}")


def mailbox_of(email: str) -> str:
    """A digest of an e-mail address, however it is written."""
    return keyed(f"email/{email.strip().casefold()}") if email else ""


def marks_of(author: Author) -> list[tuple[str, str]]:
    """By what bans may meet an author: pairs of a ban's kind and value."""
    user = author.user
    marks = [
        (Ban.Kind.ACCOUNT, str(user.pk) if user else ""),
        (Ban.Kind.GUEST, author.guest if user is None else ""),
        (Ban.Kind.EMAIL, mailbox_of(user.known_email() if user else author.email)),
        (Ban.Kind.ADDRESS, origin_of(author.address)),
        (Ban.Kind.ADDRESS, range_of(author.address)),
    ]
    return [(str(kind), value) for kind, value in marks if value]
