"""Who speaks in an act: an account, or a guest; what she may do on a forum is asked here and nowhere else."""

import time
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from descant.accounts.models import User
from descant.accounts.naming import NAMES
from descant.discussion.models import Comment
from descant.forums.models import Forum, Role
from django_headroom.caching.slots import slots
from django_headroom.joins import attach
from django_headroom.operations.switches import Actor
from django_headroom.skinny import Columns

KEPT_SECONDS = 5.0
KEPT_MOST = 20_000
_NAMED = Columns(User, "username", "name")  # all that a page shows of an account
_MODERATES = (Role.Kind.OWNER, Role.Kind.MODERATOR)


@dataclass(frozen=True)
class Author:
    """The person of one request.

    ``guest`` is the random id in a guest's token; ``address`` the network address, kept nowhere as it is.
    """

    user: User | None = None
    guest: str = ""
    name: str = ""
    email: str = ""
    url: str = ""
    address: str = ""
    role: str = ""

    @property
    def voter(self) -> str:
        """How votes and limits name her; empty for a stranger."""
        if self.user is not None:
            return f"u{self.user.pk}"
        return f"g{self.guest}" if self.guest else ""

    @property
    def actor(self) -> Actor:
        """Who she is to the switches."""
        return Actor(self.voter, is_staff=self.user is not None and self.user.is_staff)

    @property
    def moderates(self) -> bool:
        return self.role in _MODERATES

    @property
    def is_trusted(self) -> bool:
        return bool(self.role)


def role_of(user: User | None, forum: Forum) -> str:
    """The role of an account on a forum; empty for none."""
    if user is None:
        return ""
    return Role.objects.filter(forum=forum, user=user).values_list("kind", flat=True).first() or ""


class _Names:
    """Accounts as they were read lately, for ``attach(…, cache=…)``: on a forum mostly the same people speak."""

    def __init__(self) -> None:
        self._kept: dict[int, tuple[User, float]] = {}
        self._seen = 0

    def get_many(self, model: object, alias: str, keys: Collection[int]) -> Mapping[int, User]:
        now = time.monotonic()
        if not slots().is_fresh(self._seen, NAMES):
            self._seen = slots().last()
            self._kept.clear()
        kept = {key: self._kept[key] for key in keys if key in self._kept}
        return {key: user for key, (user, until) in kept.items() if until > now}

    def set_many(self, model: object, alias: str, rows: Mapping[int, User]) -> None:
        if len(self._kept) + len(rows) > KEPT_MOST:
            self._kept.clear()
        until = time.monotonic() + KEPT_SECONDS
        self._kept.update({key: (user, until) for key, user in rows.items()})

    def forget(self) -> None:
        self._kept.clear()


names = _Names()


def attach_names(comments: Iterable[Comment]) -> None:
    """Attach their authors, of whom nothing is read but how they are called, or were a few seconds ago."""
    signed_in = [comment for comment in comments if comment.author_id is not None]
    if signed_in:
        attach(signed_in, "author", cache=names, fetch=_NAMED.with_keys)
