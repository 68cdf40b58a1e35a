"""Pages that all processes of a machine make together: one of them makes a page, the others take its bytes.

What is taken is judged as a page of one's own, by the slots: the store may lose or mix up what it likes, and nobody is
shown anything old by it.
"""

import hashlib
import json
import struct
from collections.abc import Callable, Collection

from descant import __version__
from descant.forums.caches.sending import RestsOn
from descant.site.front.pages import HARD_SECONDS, Answer, Head, Page, page_with
from django_headroom.caching import Made, Store
from django_headroom.caching.fetching import Busy, Turns

BETWEEN = 0.1  # seconds from the making of a page to its next
_LAYOUT = f"1 {','.join(Head._fields)} {','.join(RestsOn._fields)}"  # another one has other keys
_LENGTH = struct.Struct("<I")

Make = Callable[[str, Collection[str]], Page | Answer]
Later = Callable[[Callable[[], None]], object]


class Together:
    """Makes pages in turn with the other processes of a run. A run is one start of a site on one machine.

    Args:
        make: makes a page.
        run: what only the processes of this run know. They have one table of slots, one clock and one release, so that
            what the last release has made is nobody's.
        store: where pages are kept; by default the process's own.
        later: called with what keeps a page for the others, so that its first reader need not wait for that.
    """

    def __init__(self, make: Make, run: str, store: Store | None = None, later: Later | None = None) -> None:
        self._make, self._run = make, f"{run} {__version__} {_LAYOUT}"
        self._turns = Turns(hard=HARD_SECONDS, every=BETWEEN, store=store, later=later)

    def page(
        self,
        asked: str,
        codings: Collection[str],
        *,
        will_do: Callable[[Page], bool],
        is_new: bool = False,
        anyway: bool = False,
    ) -> Page | Answer | Busy:
        """The page that another has made, if it will do, or one of one's own; Busy if another is at it.

        Args:
            is_new: this process has never had it.
            anyway: make it even so.
        """
        made: Page | Answer | None = None
        taken: Page | None = None

        def make() -> Made | None:
            nonlocal made
            made = self._make(asked, codings)
            return Made(bytes_of(made), made.seen) if isinstance(made, Page) else None

        def is_good(held: bytes) -> bool:
            nonlocal taken
            taken = page_in(held)
            return taken is not None and will_do(taken)

        found = self._turns.take(self._key(asked), make, will_do=is_good, is_new=is_new, anyway=anyway)
        if isinstance(found, Busy):
            return found
        if made is not None:
            return made
        assert taken is not None
        for coding in codings:
            if coding not in taken.codings:
                taken.pack(coding)
        return taken

    def _key(self, asked: str) -> str:
        return f"page/{hashlib.blake2b(f'{self._run} {asked}'.encode(), digest_size=16).hexdigest()}"


def bytes_of(page: Page) -> bytes:
    """A page as it is kept: the length of its head, that as JSON, its bodies."""
    bodies = {coding: body for coding, (_headers, body) in page.codings.items()}
    lengths = {coding: len(body) for coding, body in bodies.items()}
    head = json.dumps([page.head, lengths], separators=(",", ":")).encode()
    return b"".join([_LENGTH.pack(len(head)), head, *bodies.values()])


def page_in(kept: bytes) -> Page | None:
    """The page of these bytes; None if they are none."""
    try:
        (length,) = _LENGTH.unpack_from(kept)
        at = _LENGTH.size + length
        (etag, headers, rests_on, *times), lengths = json.loads(kept[_LENGTH.size : at])
        bodies = {}
        for coding, length in lengths.items():
            bodies[coding] = kept[at : at + length]
            at += length
        if at != len(kept) or "gzip" not in bodies:
            return None
        head = Head(etag, [(name, value) for name, value in headers], RestsOn(*rests_on), *times)
        return page_with(head, bodies)
    except (struct.error, ValueError, TypeError, AttributeError):
        return None
