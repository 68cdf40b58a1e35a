"""Where a request comes from: the address that limits are kept for, and whether it is one of our own pages."""

from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest

Address = IPv4Address | IPv6Address


def client_address(request: HttpRequest) -> str:
    """The client's address; of IPv6 the network of 64 bits, for a home has all of it. Empty if nobody knows.

    What ``X-Forwarded-For`` says counts only as far as proxies named in DESCANT_TRUSTED_PROXIES have said it: from
    the right, the first hop that is none of them.
    """
    return address_of(request.META.get("REMOTE_ADDR", ""), request.META.get("HTTP_X_FORWARDED_FOR", ""))


def address_of(remote: str, forwarded_for: str) -> str:
    """The same of a request that is no Django's: by the address it came from, and what its header says."""
    address = _parsed(remote)
    hops = forwarded_for.split(",") if address and _is_trusted(address) else []
    for hop in reversed(hops[-20:]):
        before = _parsed(hop)
        if before is None:
            break
        address = before
        if not _is_trusted(address):
            break
    if isinstance(address, IPv6Address):
        return str(ip_network((address, 64), strict=False))
    return str(address or "")


def own_origins(request: HttpRequest) -> tuple[str, str]:
    """The origin that was asked, and the site's own; the host was checked against ALLOWED_HOSTS."""
    home = urlsplit(settings.DESCANT_URL)
    return f"{request.scheme}://{request.get_host()}", f"{home.scheme}://{home.netloc}"


@lru_cache(maxsize=4096)
def _parsed(written: str) -> Address | None:
    try:
        address = ip_address(written.strip())
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _is_trusted(address: Address) -> bool:
    return any(address in ip_network(proxy, strict=False) for proxy in settings.DESCANT_TRUSTED_PROXIES)
