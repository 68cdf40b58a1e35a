"""What ``fetch()`` keeps under a key: a value, how old it is and may become, and who makes the next one."""

import struct
from typing import NamedTuple

_HEADER = struct.Struct("<4sqqdddfQdH?I")
_MAGIC = b"hrF1"  # another layout is another word, so that nobody reads one as the other


class Envelope(NamedTuple):
    """A value with its version, times in seconds since 1970, and whoever is busy with the next one."""

    version: int = -1
    wanted: int = 0
    """A value below this version is stale, whatever its times say."""
    began: float = 0.0
    """When its maker began: what was written later may be missing in it."""
    soft_until: float = 0.0
    hard_until: float = 0.0
    took: float = 0.0
    maker: int = 0
    """Who makes the next one; 0 if nobody does."""
    busy_until: float = 0.0
    """Until then nobody else makes it: because somebody does, or because it rests."""
    failures: int = 0
    value: bytes | None = None

    def is_fresh(self, now: float, version: int) -> bool:
        """Whether the value is as good as new to somebody who knows of this version."""
        return self.soft_until > now and self.version >= self.wanted and self.version >= version

    def is_servable(self, now: float) -> bool:
        """Whether the value may be given out at all, if only as stale."""
        return self.value is not None and now < self.hard_until

    def turned_stale(self, now: float, wanted: int) -> "Envelope":
        """The same, from now on stale for anybody: it is given out for as long as if its time had run out."""
        since, grace = min(self.soft_until, now), self.hard_until - self.soft_until
        return self._replace(wanted=max(self.wanted, wanted), soft_until=since, hard_until=since + grace)


NOTHING = Envelope()


def pack(envelope: Envelope) -> bytes:
    """An envelope as bytes."""
    value = envelope.value
    header = _HEADER.pack(_MAGIC, *envelope[:9], value is not None, len(value or b""))
    return header + (value or b"")


def unpack(held: bytes) -> Envelope:
    """Bytes as an envelope; NOTHING if they are somebody else's, of another layout, or cut."""
    if len(held) < _HEADER.size:
        return NOTHING
    magic, *fields, has_value, length = _HEADER.unpack_from(held)
    if magic != _MAGIC or len(held) != _HEADER.size + length:
        return NOTHING
    return Envelope._make((*fields, held[_HEADER.size :] if has_value else None))
