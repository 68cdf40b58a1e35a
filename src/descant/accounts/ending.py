"""Ending what an account has open: every token that frames keep, and every other browser's session."""

from django.db.models import F

from descant.accounts.models import User
from django_headroom.transactions import writing


def end_everywhere(*, user: User) -> None:
    """Sign an account out of all frames and browsers."""
    _raise_epoch(user)


def set_password(*, user: User, password: str | None) -> None:
    """Give an account another password, or none; whoever is signed in by the old one is so no longer."""
    user.set_password(password)
    _raise_epoch(user, password=user.password)


def _raise_epoch(user: User, **columns: str) -> None:
    """By key: the user of a request is only a promise of a row."""
    with writing("default"):
        User.objects.filter(pk=user.pk).update(token_epoch=F("token_epoch") + 1, **columns)
        user.refresh_from_db(fields=["token_epoch"])
