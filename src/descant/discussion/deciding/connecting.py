"""What an owner decides about the programs that are told of her forum: her webhooks."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from django.utils.translation import gettext as _

from descant.discussion.authors import Author
from descant.discussion.deciding.abilities import check_ability, check_may
from descant.discussion.deciding.owning import CannotChange
from descant.forums.models import Forum, Target
from descant.forums.noting import Noted
from descant.forums.webhooks import targets
from descant.forums.webhooks.targets import BadTarget, Wish, wish_of


def add_target(*, forum: Forum, by: Author, wish: Mapping[str, Any]) -> Target:
    """Tell one more address.

    Args:
        wish: the columns of ``Wish``.

    Raises:
        NotAModerator, CannotChange
    """
    check_may(by, "settings", forum)
    with _said():
        return targets.add_target(forum=forum, wish=Wish(**wish), noted=Noted(by.user))


def change_target(*, forum: Forum, by: Author, target_id: int, wish: Mapping[str, Any]) -> Target:
    """Let a target be otherwise.

    Args:
        wish: those columns of ``Wish`` that change.

    Raises:
        NotAModerator, CannotChange
    """
    check_may(by, "settings", forum)
    target = target_of(forum=forum, by=by, target_id=target_id)
    with _said():
        targets.change_target(target=target, wish=replace(wish_of(target), **wish), noted=Noted(by.user))
    return target


def rotate_secret(*, forum: Forum, by: Author, target_id: int) -> Target:
    """Another secret; for a day what is sent is signed with both.

    Raises:
        NotAModerator, CannotChange
    """
    check_may(by, "settings", forum)
    target = target_of(forum=forum, by=by, target_id=target_id)
    targets.rotate_secret(target=target, noted=Noted(by.user))
    return target


def end_target(*, forum: Forum, by: Author, target_id: int, why: str = "") -> None:
    """Tell an address nothing any more.

    Raises:
        NotAModerator, CannotChange
    """
    check_may(by, "settings", forum)
    targets.end_target(target=target_of(forum=forum, by=by, target_id=target_id), noted=Noted(by.user, why))


def target_of(*, forum: Forum, by: Author, target_id: int) -> Target:
    """A target of a forum, for who may change it.

    Raises:
        NotAModerator, CannotChange
    """
    check_ability(by, "settings")
    target = Target.objects.filter(forum=forum, pk=target_id).select_related("forum").first()
    if target is None:
        raise CannotChange(_("This webhook is not there any more."))
    return target


@contextmanager
def _said() -> Iterator[None]:
    try:
        yield
    except BadTarget as error:
        raise CannotChange(str(error)) from error
