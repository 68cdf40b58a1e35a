"""Accounts, what their people have chosen, and the hand-off from the pop-up, which has the cookie, into a frame."""

from collections.abc import Iterator
from typing import ClassVar, Self

from django.contrib.auth.models import AbstractUser
from django.core.validators import RegexValidator
from django.db import models
from django.utils import timezone

from django_headroom.identity import Mapped
from django_headroom.updates import NoBareSave

NAME_MAX = 80
PROFILE_NAME = r"^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?\Z"


class User(AbstractUser, Mapped):
    """A person with an account; ``username`` signs in and is unique, ``name`` is what others read."""

    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]
    name = models.CharField(max_length=NAME_MAX, blank=True)
    # Raised, every token and session from before is void.
    token_epoch = models.PositiveIntegerField(default=0)
    # Of a person whose own site signs her in: the organisation that vouches for her. See ``Remote``.
    organisation = models.BigIntegerField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name or self.username

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name

    def known_email(self) -> str:
        """Her address, or what her site has told of it, which is asked for."""
        if self.organisation is None:
            return self.email
        return Remote.objects.filter(user=self.pk).values_list("email", flat=True).first() or ""

    def get_session_auth_hash(self) -> str:
        return f"{super().get_session_auth_hash()}.{self.token_epoch}"

    def get_session_auth_fallback_hash(self) -> Iterator[str]:
        for fallback in super().get_session_auth_fallback_hash():
            yield f"{fallback}.{self.token_epoch}"


class ProfileQuerySet(models.QuerySet["Profile"]):
    """Choices of profiles."""

    def shown_on(self, forum_id: int) -> Self:
        """Of people who agreed to be seen on a forum."""
        everywhere, chosen = Profile.Scope.EVERYWHERE, Profile.Scope.FORUMS
        agreed = models.Q(scope=everywhere) | models.Q(scope=chosen, shown_on__forum_id=forum_id)
        return self.filter(agreed, user__is_active=True)


class Remote(NoBareSave):
    """What a site says of one of its people whom it signs in; no password and no mail leads to her account.

    Her address stands here and not with the account, so that nothing that finds accounts by an address finds hers.
    """

    user = models.OneToOneField(User, on_delete=models.CASCADE, primary_key=True, related_name="remote")
    organisation = models.BigIntegerField()  # the forum that it began with
    identifier = models.CharField(max_length=128)  # the site's own id of her
    email = models.CharField(max_length=254, blank=True)
    url = models.CharField(max_length=500, blank=True)
    avatar = models.CharField(max_length=500, blank=True)
    told_at = models.DateTimeField()  # when the site wrote what stands here

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "identifier"], name="accounts_remote_once")
        ]

    def __str__(self) -> str:
        return f"{self.identifier} of organisation {self.organisation}"


class Profile(NoBareSave):
    """What everybody may read of a person in one place; her choice, and without a row it is nobody."""

    class Scope(models.TextChoices):
        NOBODY = "nobody"
        FORUMS = "forums"
        EVERYWHERE = "everywhere"

    user = models.OneToOneField(User, on_delete=models.CASCADE, primary_key=True, related_name="profile")
    # Of her own choosing: the name that signs in is nobody's to know.
    name = models.CharField(max_length=40, unique=True, validators=[RegexValidator(PROFILE_NAME)])
    scope = models.CharField(max_length=10, choices=Scope.choices, default=Scope.NOBODY)

    objects: ClassVar = ProfileQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name


class ShownOn(NoBareSave):
    """A forum on which a person agreed to be seen, where her profile is for some forums."""

    profile = models.ForeignKey(Profile, on_delete=models.CASCADE, related_name="shown_on")
    forum_id = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["profile", "forum_id"], name="accounts_shown_once")]

    def __str__(self) -> str:
        return f"{self.profile_id} on forum {self.forum_id}"


class Preferences(NoBareSave):
    """How a person reads, on every site she visits; known to her frames alone."""

    class Order(models.TextChoices):
        SITE = ""
        BEST = "best"
        NEWEST = "newest"
        OLDEST = "oldest"

    class Mail(models.TextChoices):
        NEVER = "never"
        REPLIES = "replies"
        DAILY = "daily"

    user = models.OneToOneField(User, on_delete=models.CASCADE, primary_key=True, related_name="preferences")
    order = models.CharField(max_length=10, choices=Order.choices, blank=True)
    language = models.CharField(max_length=10, blank=True)
    mail = models.CharField(max_length=10, choices=Mail.choices, default=Mail.REPLIES)
    live = models.BooleanField(default=True)

    def __str__(self) -> str:
        return f"of {self.user_id}"


class Block(NoBareSave):
    """Somebody whose comments a person does not want to read, on any site."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="blocks")
    whom = models.CharField(max_length=42)  # "u7" an account, "g…" a guest, "i…" one who came with an import
    shown = models.CharField(max_length=NAME_MAX)  # the name she read
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "whom"], name="accounts_block_once")]

    def __str__(self) -> str:
        return f"{self.whom} by {self.user_id}"


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
