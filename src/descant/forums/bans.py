"""Who is banned from a forum: answered in the process, from a copy a few seconds old."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from django.utils import timezone

from descant.forums.keeping import KeptByForum
from descant.forums.models import Ban, Forum


@dataclass
class InForce:
    """The bans that count on a forum."""

    by_value: dict[tuple[str, str], Ban] = field(default_factory=dict)
    ranges: list[tuple[IPv4Network | IPv6Network, Ban]] = field(default_factory=list)

    def __bool__(self) -> bool:
        """Whether there is any: most forums have none, and nobody there is looked at."""
        return bool(self.by_value or self.ranges)

    def against(self, marks: Iterable[tuple[str, str]], address: str) -> Ban | None:
        """The ban that meets somebody, by what is known of her; of several one that she is told of.

        Args:
            marks: pairs of a ban's kind and value.
        """
        now = timezone.now()
        met = [self.by_value[mark] for mark in marks if mark in self.by_value]
        met += [ban for network, ban in self.ranges if address and is_in(address, network)]
        met = [ban for ban in met if ban.until is None or ban.until > now]
        return min(met, key=lambda ban: ban.is_shadow, default=None)


def _load(forum: Forum, alias: str) -> InForce:
    found = InForce()
    for ban in Ban.objects.using(alias).filter(forum=forum, lifted_at=None):
        if ban.kind == Ban.Kind.ADDRESS and "/" in ban.value:
            found.ranges.append((ip_network(ban.value), ban))
        else:
            found.by_value[str(ban.kind), ban.value] = ban
    return found


in_force: KeptByForum[InForce] = KeptByForum("bans", _load)


def is_in(address: str, network: IPv4Network | IPv6Network) -> bool:
    """Addresses are told as ``client_address`` does: of IPv6 the network of 64 bits."""
    host = ip_address(address.partition("/")[0])
    return host.version == network.version and host in network
