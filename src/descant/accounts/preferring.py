"""What a person chooses for herself: how she reads, whom she does not read, and where others may find her."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.utils.translation import gettext as _

from descant.accounts.models import Block, Preferences, Profile, ShownOn, User
from descant.accounts.naming import is_reserved
from descant.switches import check_writable
from django_headroom.transactions import writing

BLOCKS_MOST = 500


class BadChoice(ValueError):
    """A choice that cannot be kept; the message says which other to make."""


@dataclass(frozen=True)
class Chosen:
    """What the frames of a person need of her choices."""

    order: str = ""
    language: str = ""
    blocked: Sequence[str] = ()
    live: bool = True


def keep_preferences(*, user: User, **columns: Any) -> None:
    """Keep some of a person's preferences; the others stay as they are.

    Raises:
        BadChoice, SwitchedOff
    """
    check_writable()
    preferences = Preferences(user=user, **columns)
    try:
        preferences.clean_fields(exclude={field.name for field in Preferences._meta.fields} - columns.keys())
    except ValidationError as error:
        raise BadChoice(" ".join(error.messages)) from error
    with writing("default"):
        Preferences.objects.update_or_create(user_id=user.pk, defaults=columns)


def stop_mail(*, user: User) -> None:
    """No more mail about replies; also while everything is only read."""
    with writing("default"):
        Preferences.objects.update_or_create(user_id=user.pk, defaults={"mail": Preferences.Mail.NEVER})


def block_person(*, user: User, whom: str, shown: str) -> None:
    """Fold what somebody writes, wherever this person reads.

    Args:
        whom: as votes name her: ``u7`` an account, ``g…`` a guest; ``i…`` one who came with an import.

    Raises:
        BadChoice
    """
    check_writable()
    if whom == f"u{user.pk}":
        raise BadChoice(_("These are your own comments."))
    with writing("default"):
        if Block.objects.filter(user_id=user.pk).count() >= BLOCKS_MOST:
            raise BadChoice(_("You have blocked as many people as can be: unblock somebody first."))
        Block.objects.get_or_create(user_id=user.pk, whom=whom, defaults={"shown": shown})


def unblock_person(*, user: User, whom: str) -> None:
    """Read somebody again."""
    check_writable()
    with writing("default"):
        Block.objects.filter(user_id=user.pk, whom=whom).delete()


def chosen_by(user: User, *, using: str = "default") -> Chosen:
    """How a person reads and whom she does not, by one query."""
    columns = ("preferences__order", "preferences__language", "preferences__live", "blocks__whom")
    rows = list(User.objects.using(using).filter(pk=user.pk).values_list(*columns)[:BLOCKS_MOST])
    if not rows:
        return Chosen()
    order, language, live, _whom = rows[0]
    blocked = [whom for *_chosen, whom in rows if whom]
    return Chosen(order or "", language or "", blocked, live is not False)


def show_profile(*, user: User, name: str, scope: str, forum_ids: Iterable[int] = ()) -> None:
    """Let others find a person under a name of her choosing: nobody, on some forums, or everywhere.

    A name once taken stays hers, also while nobody may read it: nobody else can step into it.

    Raises:
        BadChoice
    """
    check_writable()
    profile = Profile(user=user, name=name, scope=scope)
    if scope == Profile.Scope.NOBODY and not name:
        with writing("default"):
            Profile.objects.filter(user_id=user.pk).update(scope=scope)
        return
    try:
        profile.clean_fields(exclude={"user"})
    except ValidationError as error:
        raise BadChoice(_("Write the name in a-z, 0-9 and hyphens, at most 40.")) from error
    if is_reserved(name):
        raise BadChoice(_("This name is kept for the people who run the site: choose another."))
    try:
        with writing("default"):
            Profile.objects.update_or_create(user_id=user.pk, defaults={"name": name, "scope": scope})
            ShownOn.objects.filter(profile_id=user.pk).delete()
            chosen = set(forum_ids) if scope == Profile.Scope.FORUMS else set()
            ShownOn.objects.bulk_create(ShownOn(profile_id=user.pk, forum_id=each) for each in chosen)
    except IntegrityError as error:
        raise BadChoice(_("Somebody else has this name: choose another.")) from error
