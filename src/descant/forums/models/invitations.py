"""Roles that somebody is invited to take."""

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone

from descant.forums.models.forum import Forum, Role
from django_headroom.updates import NoBareSave

GOOD_FOR = timedelta(days=7)


class InvitationQuerySet(models.QuerySet["Invitation"]):
    """Choices of invitations."""

    def open(self) -> "InvitationQuerySet":
        """Those that can still be accepted."""
        return self.filter(ended_at=None, made_at__gt=timezone.now() - GOOD_FOR)


class Invitation(NoBareSave):
    """A role for whoever reads the mail of an address; whether she has an account nobody learns before she accepts."""

    forum = models.ForeignKey(Forum, on_delete=models.CASCADE, related_name="invitations")
    email = models.CharField(max_length=254)
    kind = models.CharField(max_length=10, choices=Role.Kind.choices)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    why = models.CharField(max_length=500, blank=True)
    made_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)  # accepted, or taken back

    objects = InvitationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["forum", "email"],
                condition=models.Q(ended_at=None),
                name="forums_invited_once",
            )
        ]
        indexes = [models.Index(fields=["made_at"], name="forums_invitation_made")]

    def __str__(self) -> str:
        return f"{self.kind} of {self.forum}, invited"
