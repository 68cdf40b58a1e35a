"""Lists in the order of time, paged by a key: the time and the id of the last row that was seen."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db.models import Q

_WRITTEN = re.compile(r"([0-9]{1,17})-([0-9]{1,18})", re.ASCII)
_BEGIN = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Moment:
    """A place in the order of (time, id)."""

    at: datetime
    id: int

    @classmethod
    def read(cls, written: str) -> "Moment | None":
        """A place as a link says it; None if it says nothing that one of us has written."""
        found = _WRITTEN.fullmatch(written)
        return cls(_BEGIN + timedelta(microseconds=int(found[1])), int(found[2])) if found else None

    def __str__(self) -> str:
        return f"{(self.at - _BEGIN) // timedelta(microseconds=1)}-{self.id}"

    def beyond(self, time: str = "created_at", *, newest: bool = True) -> Q:
        """What comes after it, by this column; said once more in a way that an index on the time understands."""
        side = "lt" if newest else "gt"
        later = Q(**{f"{time}__{side}": self.at}) | Q(**{time: self.at, f"id__{side}": self.id})
        return Q(**{f"{time}__{side}e": self.at}) & later
