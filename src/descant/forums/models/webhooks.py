"""Where a forum's programs are told what happens on it."""

from django.db import models
from django.utils import timezone

from django_headroom.updates import NoBareSave


class Target(NoBareSave):
    """An address that is told of comments; what is sent is signed with its secret, during a rotation with both."""

    class Dialect(models.TextChoices):
        STANDARD = "standard"  # Standard Webhooks
        DISQUS = "disqus"

    class Event(models.TextChoices):
        CREATED = "comment.created"
        UPDATED = "comment.updated"  # edited, deleted, decided about

    class Off(models.TextChoices):
        GONE = "gone"  # it has answered that it wants no more
        FAILING = "failing"  # it has taken nothing for days

    forum = models.ForeignKey("forums.Forum", on_delete=models.CASCADE, related_name="targets")
    url = models.CharField(max_length=500)
    dialect = models.CharField(max_length=10, choices=Dialect.choices, default=Dialect.STANDARD)
    events = models.JSONField(default=list)  # of Event, those that it is told
    secret = models.CharField(max_length=200)
    former_secret = models.CharField(max_length=200, blank=True)
    former_until = models.DateTimeField(null=True)
    is_on = models.BooleanField(default=True)
    off_for = models.CharField(
        max_length=10, choices=Off.choices, blank=True, db_default=""
    )  # else by a person
    is_verified = models.BooleanField(
        default=True, db_default=True
    )  # who speaks as Disqus gives a challenge back
    failing_since = models.DateTimeField(null=True)
    failures = models.PositiveSmallIntegerField(default=0, db_default=0)  # since it last took something
    rest_until = models.DateTimeField(null=True)  # it is left alone for a while
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["forum", "url"], name="forums_target_once")]

    def __str__(self) -> str:
        return f"{self.url} of forum {self.forum_id}"

    def secrets(self) -> list[str]:
        """Those that sign now, the newest first."""
        is_former = self.former_until is not None and self.former_until > timezone.now()
        return [self.secret, *([self.former_secret] if is_former else [])]

    def takes(self, event: str) -> bool:
        """Whether it is told of events of this kind."""
        return self.is_on and self.is_verified and event in self.events

    def rests(self) -> bool:
        """Whether it has failed so lately that it is left alone."""
        return self.rest_until is not None and self.rest_until > timezone.now()
