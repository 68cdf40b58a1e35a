"""What an owner decides about the programs that are told of her forum: her webhooks."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from threading import Lock
from typing import Any

from django.utils.translation import gettext as _

from descant.discussion.authors import Author
from descant.discussion.deciding.abilities import check_ability
from descant.discussion.deciding.owning import CannotChange
from descant.discussion.judging.pacing import TooFast
from descant.forums.models import Forum, Target
from descant.forums.noting import Noted
from descant.forums.webhooks import sending, targets
from descant.forums.webhooks.sending import Outcome
from descant.forums.webhooks.targets import BadTarget, Wish

_asking = Lock()


def add_target(*, forum: Forum, by: Author, wish: Mapping[str, Any]) -> Target:
    """Tell one more address.

    Args:
        wish: the columns of ``Wish``.

    Raises:
        NotAModerator, CannotChange
    """
    check_ability(by, "settings")
    try:
        with _alone():
            return targets.add_target(forum=forum, wish=Wish(**wish), noted=Noted(by.user))
    except BadTarget as error:
        raise CannotChange(str(error)) from error


def turn_target(*, forum: Forum, by: Author, target_id: int) -> None:
    """Switch a target off, or on again.

    Raises:
        NotAModerator, CannotChange
    """
    target = _target(forum, by, target_id)
    targets.change_target(target=target, events=target.events, is_on=not target.is_on, noted=Noted(by.user))


def rotate_secret(*, forum: Forum, by: Author, target_id: int) -> Target:
    """Another secret; for a day what is sent is signed with both.

    Raises:
        NotAModerator, CannotChange
    """
    target = _target(forum, by, target_id)
    targets.rotate_secret(target=target, noted=Noted(by.user))
    return target


def end_target(*, forum: Forum, by: Author, target_id: int, why: str = "") -> None:
    """Tell an address nothing any more.

    Raises:
        NotAModerator, CannotChange
    """
    targets.end_target(target=_target(forum, by, target_id), noted=Noted(by.user, why))


def test_target(*, forum: Forum, by: Author, target_id: int) -> Outcome:
    """Send a target something harmless.

    Raises:
        NotAModerator, CannotChange
    """
    target = _target(forum, by, target_id)
    with _alone():
        return sending.send_test(target)


@contextmanager
def _alone() -> Iterator[None]:
    """One at a time in each process: a target that does not answer holds one of the few threads, and not all of them.

    Raises:
        CannotChange
    """
    if not _asking.acquire(blocking=False):
        raise CannotChange(str(TooFast(int(sending.BOUNDS.seconds))))
    try:
        yield
    finally:
        _asking.release()


def _target(forum: Forum, by: Author, target_id: int) -> Target:
    check_ability(by, "settings")
    target = Target.objects.filter(forum=forum, pk=target_id).select_related("forum").first()
    if target is None:
        raise CannotChange(_("This webhook is not there any more."))
    return target
