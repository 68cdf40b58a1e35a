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

GENERAL = "General"


class Premoderation(models.TextChoices):
    """Whose comments wait for a moderator."""

    NOBODY = "nobody"
    FIRST = "first"
    GUESTS = "guests"
    EVERYBODY = "everybody"


class WhenUnjudged(models.TextChoices):
    """What becomes of a comment that was not judged in time."""

    PASS = "pass"
    HOLD = "hold"


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
    flags_to_hold = models.PositiveSmallIntegerField(
        default=3
    )  # people whose flags hold a comment; 0: no number does
    when_unjudged = models.CharField(
        max_length=10, choices=WhenUnjudged.choices, default=WhenUnjudged.PASS
    )  # what becomes of a comment that a judge outside has not judged in time
    shadow_bans = models.BooleanField(default=False)  # whether the owner's public policy allows them
    is_transparent = models.BooleanField(default=False)  # whether everybody may read what was decided
    has_labs = models.BooleanField(default=True, db_default=True)  # whether readers may try what is new there
    policy = models.TextField(blank=True)  # what the owner asks of people, in her words
    look = models.JSONField(default=dict, blank=True)  # colours and font where the page says none
    # What the category is called of all threads that name no other: see ``Category``.
    general = models.CharField(max_length=80, default=GENERAL, db_default=GENERAL)
    opened_at = models.DateTimeField(default=timezone.now)
    # Whose people are its own as well, where sites sign them in; none: it has people of its own.
    organisation = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="+")

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


class Ban(NoBareSave):
    """Somebody who may not write on a forum; rows are never deleted, a ban is lifted."""

    class Kind(models.TextChoices):
        ACCOUNT = "account"
        GUEST = "guest"
        EMAIL = "email"
        ADDRESS = "address"

    forum = models.ForeignKey(
        Forum, on_delete=models.CASCADE, null=True, related_name="bans"
    )  # never null: nobody is banned from all forums at once
    kind = models.CharField(max_length=10, choices=Kind.choices)
    value = models.CharField(max_length=100)  # id, or a keyed digest; of a range that somebody typed, itself
    shown = models.CharField(max_length=200)  # how moderators read it
    is_shadow = models.BooleanField(default=False)  # she is not told, and nobody else sees what she writes
    reason = models.CharField(max_length=500)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)
    until = models.DateTimeField(null=True)
    lifted_at = models.DateTimeField(null=True)
    lifted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )

    class Meta:
        indexes = [
            models.Index(
                fields=["forum", "made_at", "id"], condition=models.Q(lifted_at=None), name="ban_in_force"
            )
        ]

    def __str__(self) -> str:
        return f"{self.shown} on {self.forum or 'all forums'}"


class Rule(NoBareSave):
    """What a forum, or the whole network, does about comments of some kind."""

    class Kind(models.TextChoices):
        WORDS = "words"
        PATTERN = "pattern"
        LINKS = "links"
        FIRST = "first"
        AGE = "age"
        ADDRESS = "address"
        LANGUAGE = "language"
        RATE = "rate"
        DOUBLE = "double"
        ALIKE = "alike"
        SCORE = "score"
        OUTSIDE = "outside"

    class Effect(models.TextChoices):
        MARK = "mark"
        HOLD = "hold"
        SPAM = "spam"

    forum = models.ForeignKey(
        Forum, on_delete=models.CASCADE, null=True, related_name="rules"
    )  # none: all forums
    title = models.CharField(max_length=100)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    said = models.JSONField(default=dict)  # what it looks for; each kind has its own
    effect = models.CharField(max_length=10, choices=Effect.choices, default=Effect.HOLD)
    is_on = models.BooleanField(default=False)
    version = models.PositiveIntegerField(default=1)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    changed_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)  # off for good; the row stays, for the reasons that name it

    class Meta:
        indexes = [models.Index(fields=["forum"], name="rule_on", condition=models.Q(is_on=True))]

    def __str__(self) -> str:
        return self.title


class RuleVersion(NoBareSave):
    """A rule as it was: what the reasons of older comments speak of."""

    rule = models.ForeignKey(Rule, on_delete=models.CASCADE, related_name="versions")
    version = models.PositiveIntegerField()
    said = models.JSONField()
    effect = models.CharField(max_length=10)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["rule", "version"], name="forums_rule_version_once")]

    def __str__(self) -> str:
        return f"{self.rule_id}, version {self.version}"


class Change(NoBareSave):
    """What somebody changed of a forum: its settings, its people, its keys, its rules. Rows are only added."""

    class What(models.TextChoices):
        SETTINGS = "settings"
        DOMAIN_ADDED = "domain_added"
        DOMAIN_REMOVED = "domain_removed"
        ROLE_GIVEN = "role_given"
        ROLE_TAKEN = "role_taken"
        KEY_MADE = "key_made"
        KEY_ROTATED = "key_rotated"
        KEY_REVOKED = "key_revoked"
        SIGN_ON_ALLOWED = "sign_on_allowed"
        SIGN_ON_FORBIDDEN = "sign_on_forbidden"
        TARGET_ADDED = "target_added"
        TARGET_CHANGED = "target_changed"
        TARGET_ENDED = "target_ended"
        RULE_WRITTEN = "rule_written"
        RULE_CHANGED = "rule_changed"
        RULE_ON = "rule_on"
        RULE_OFF = "rule_off"
        RULE_ENDED = "rule_ended"
        CATEGORY_ADDED = "category_added"
        CATEGORY_RENAMED = "category_renamed"
        CATEGORY_REMOVED = "category_removed"

    forum = models.ForeignKey(
        Forum, on_delete=models.CASCADE, null=True, related_name="+"
    )  # none: all forums
    rule = models.ForeignKey(Rule, on_delete=models.CASCADE, null=True, related_name="changes")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )  # none: the operator, or an account that is gone
    what = models.CharField(max_length=20, choices=What.choices)
    whom = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )  # of roles
    about = models.CharField(max_length=255, blank=True)  # what, by its name
    said = models.JSONField(default=dict)  # of settings: name -> what it was, and what it is now
    why = models.CharField(max_length=500, blank=True)
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["forum", "made_at", "id"], name="change_of_forum")]

    def __str__(self) -> str:
        return f"{self.what}: {self.about}"
