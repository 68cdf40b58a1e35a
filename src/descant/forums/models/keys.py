"""The keys of a program, how often they were used in each hour, and what it was answered under names of its own."""

import hashlib

from django.conf import settings
from django.db import models
from django.utils import timezone

from django_headroom.updates import NoBareSave


def digest_of(secret: str) -> str:
    """What is kept of a token, and what a secret is found by; it is long and random, so a plain digest is enough."""
    return hashlib.sha256(secret.encode()).hexdigest()


class Key(NoBareSave):
    """What a program shows to speak for a forum: a public key, a secret one, and its maker's access token.

    The secret key signs messages, so it is kept as it is, and found by its digest: no statement names it. Of the access
    token there is only a digest. Both have older ones, which hold until ``former_until``.
    """

    forum = models.ForeignKey("forums.Forum", on_delete=models.CASCADE, related_name="keys")
    title = models.CharField(max_length=80, blank=True, db_default="")  # of the program
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )  # as whom the access token acts; none: as nobody
    by_epoch = models.PositiveIntegerField(
        null=True
    )  # hers when it was made: raised, it acts as nobody any more
    public_key = models.CharField(max_length=64, unique=True)
    secret_key = models.CharField(max_length=64, unique=True)
    secret_digest = models.CharField(max_length=64, unique=True, null=True)
    access_token_digest = models.CharField(max_length=64, unique=True)
    former_secret_key = models.CharField(max_length=64, blank=True, db_default="")
    former_secret_digest = models.CharField(max_length=64, unique=True, null=True)
    former_token_digest = models.CharField(max_length=64, unique=True, null=True)
    former_until = models.DateTimeField(null=True)
    signs_in = models.BooleanField(default=False, db_default=False)  # whether its secret signs people in
    made_at = models.DateTimeField(default=timezone.now)
    uses = models.BigIntegerField(default=0, db_default=0)  # a few seconds late
    uses_noted = models.BigIntegerField(default=0, db_default=0)  # those of them that are in the hours
    used_at = models.DateTimeField(null=True)  # when that was noted last

    class Meta:
        indexes = [
            models.Index(
                fields=["made_at", "id"],
                condition=~models.Q(uses=models.F("uses_noted")),
                name="key_used_since_noted",
            )
        ]

    def __str__(self) -> str:
        return f"{self.public_key} of {self.forum}"

    @property
    def beginning(self) -> str:
        """How lists call it: nobody needs to read the whole."""
        return f"{self.public_key[:12]}…"

    @property
    def secret_beginning(self) -> str:
        return f"{self.secret_key[:4]}…"

    def has_former(self) -> bool:
        """Whether the secret and the token from before the last rotation still hold."""
        return self.former_until is not None and self.former_until > timezone.now()

    def secrets(self) -> list[str]:
        """The secret keys that sign now, the newest first."""
        return [self.secret_key, *([self.former_secret_key] if self.has_former() else [])]

    def token_digests(self) -> list[str]:
        """The digests of the access tokens that are good now."""
        former = [self.former_token_digest] if self.has_former() and self.former_token_digest else []
        return [self.access_token_digest, *former]


class KeyHour(NoBareSave):
    """How often a key was used in an hour, by the clock of UTC; kept for a month."""

    key = models.ForeignKey(Key, on_delete=models.CASCADE, related_name="hours")
    began_at = models.DateTimeField()
    uses = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["key", "began_at"], name="forums_key_hour_once")]
        indexes = [models.Index(fields=["began_at"], name="key_hour_began")]

    def __str__(self) -> str:
        return f"{self.uses} of key {self.key_id} from {self.began_at:%Y-%m-%d %H:00}"


class KeptAnswer(NoBareSave):
    """What a program was answered to a request that it had given a name; the same one again is answered the same."""

    name = models.CharField(max_length=40, primary_key=True)  # a keyed digest of who asked, and of the name
    request = models.CharField(max_length=40)  # a keyed digest of what was asked
    status = models.PositiveSmallIntegerField(default=0, db_default=0)  # 0: it is being worked on
    body = models.TextField(blank=True, default="", db_default="")
    began_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["began_at"], name="kept_answer_by_age")]

    def __str__(self) -> str:
        return self.name
