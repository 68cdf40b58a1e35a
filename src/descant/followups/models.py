"""What is kept of what follows, in the global database."""

from django.db import models

from django_headroom.joins import FarKey
from django_headroom.updates import NoBareSave


class Activity(NoBareSave):
    """One public comment of one account, wherever it stands: profiles are read from these rows."""

    user_id = models.BigIntegerField()
    forum_id = models.BigIntegerField()
    thread_id = models.BigIntegerField()
    comment = FarKey("discussion.Comment", unique=True)
    comment_id: int
    posted_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["user_id", "posted_at", "id"], name="activity_of_user")]

    def __str__(self) -> str:
        return f"comment {self.comment_id} of user {self.user_id}"
