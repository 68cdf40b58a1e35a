"""Forums: one for each website, with its domains, roles and keys; all in the global database."""

from typing import ClassVar

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import get_supported_language_variant

from django_headroom.identity import Mapped, MappedQuerySet
from django_headroom.updates import NoBareSave

FORUM_NAME = r"^[a-z0-9](?:[a-z0-9-]{0,48}[a-z0-9])?$"


class Premoderation(models.TextChoices):
    """Whose comments wait for a moderator."""

    NOBODY = "nobody"
    FIRST = "first"
    GUESTS = "guests"
    EVERYBODY = "everybody"


class Forum(Mapped, NoBareSave):
    """A website's place here; its name is what Disqus calls the shortname."""

    name = models.CharField(max_length=50, unique=True, validators=[RegexValidator(FORUM_NAME)])
    title = models.CharField(max_length=200)
    language = models.CharField(max_length=10, default="en")
    partition = models.CharField(max_length=30)
    epoch = models.PositiveIntegerField(default=1)
    revision = models.PositiveIntegerField(default=1)
    premoderation = models.CharField(
        max_length=10, choices=Premoderation.choices, default=Premoderation.NOBODY
    )
    guests_may_post = models.BooleanField(default=True)
    opened_at = models.DateTimeField(default=timezone.now)

    objects: ClassVar = MappedQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name

    def language_for(self, asked: str) -> str:
        """What to speak here with somebody who asks for a language: that one if we can, else the forum's."""
        for wanted in (asked, self.language):
            try:
                return get_supported_language_variant(wanted.lower().replace("_", "-"))
            except LookupError:
                continue
        return str(settings.LANGUAGE_CODE)


class Domain(NoBareSave):
    """A host that may show the forum: ``blog.example``, ``*.blog.example`` or ``blog.example:8001``."""

    forum = models.ForeignKey(Forum, on_delete=models.CASCADE, related_name="domains")
    host = models.CharField(max_length=255)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["forum", "host"], name="forums_domain_once")]

    def __str__(self) -> str:
        return self.host


class Role(NoBareSave):
    """What a person may do on a forum."""

    class Kind(models.TextChoices):
        OWNER = "owner"
        MODERATOR = "moderator"
        TRUSTED = "trusted"

    forum = models.ForeignKey(Forum, on_delete=models.CASCADE, related_name="roles")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="roles")
    kind = models.CharField(max_length=10, choices=Kind.choices)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["forum", "user"], name="forums_role_once")]

    def __str__(self) -> str:
        return f"{self.user}, {self.kind} of {self.forum}"


class Key(NoBareSave):
    """What a program shows to speak for a forum.

    The secret key signs messages, so it is kept as it is; of the access token only a digest is kept.
    """

    forum = models.ForeignKey(Forum, on_delete=models.CASCADE, related_name="keys")
    public_key = models.CharField(max_length=64, unique=True)
    secret_key = models.CharField(max_length=64, unique=True)
    access_token_digest = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField(default=timezone.now)
    uses = models.BigIntegerField(default=0, db_default=0)  # of the public key; a few seconds late

    def __str__(self) -> str:
        return f"{self.public_key} of {self.forum}"
