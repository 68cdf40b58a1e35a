"""Accounts, and the hand-off that carries a signed-in person from the pop-up into a frame."""

from collections.abc import Iterator

from django.contrib.auth.models import AbstractUser
from django.db import models

from django_headroom.identity import Mapped
from django_headroom.updates import NoBareSave

NAME_MAX = 80


class User(AbstractUser, Mapped):
    """A person with an account; ``username`` signs in and is unique, ``name`` is what others read."""

    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]
    name = models.CharField(max_length=NAME_MAX, blank=True)
    # Raised, every token and session from before is void.
    token_epoch = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return self.name or self.username

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name

    def get_session_auth_hash(self) -> str:
        return f"{super().get_session_auth_hash()}.{self.token_epoch}"

    def get_session_auth_fallback_hash(self) -> Iterator[str]:
        for fallback in super().get_session_auth_fallback_hash():
            yield f"{fallback}.{self.token_epoch}"


class HandOff(NoBareSave):
    """What the pop-up granted and the frame has not collected yet: one use, two minutes."""

    challenge = models.CharField(max_length=64, unique=True)
    forum_id = models.BigIntegerField()
    user = models.ForeignKey(User, on_delete=models.CASCADE)
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.user} to forum {self.forum_id}"


class Remembered(models.Model):
    """The table of Django's database cache: what limits on signing in remember, for all processes and machines."""

    cache_key = models.CharField(max_length=255, primary_key=True)
    value = models.TextField()
    expires = models.DateTimeField(db_index=True)

    class Meta:
        db_table = "accounts_remembered"

    def __str__(self) -> str:
        return self.cache_key
