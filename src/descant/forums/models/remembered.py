"""What is remembered of comments across all forums: their likeness for some days, and what decisions have taught."""

from django.db import models
from django.utils import timezone

from django_headroom.updates import NoBareSave

NETWORK = 0  # in the place of a forum's id: what all forums together have taught


class Fingerprint(NoBareSave):
    """What a comment's text is like, without the text: see ``discussion.judging.likeness``."""

    comment_id = models.BigIntegerField(unique=True)
    forum_id = models.BigIntegerField()
    digest = models.BigIntegerField()  # of the folded text: equal texts have equal ones
    signature = models.BinaryField()  # by which two texts are compared
    # Texts that are alike most likely have one of these in common. The many of a large flood have none: its first ones
    # are enough to find it by.
    band_1 = models.BigIntegerField(null=True)
    band_2 = models.BigIntegerField(null=True)
    band_3 = models.BigIntegerField(null=True)
    band_4 = models.BigIntegerField(null=True)
    band_5 = models.BigIntegerField(null=True)
    cluster = models.BigIntegerField()  # the first comment of those that are alike
    is_folded = models.BooleanField(default=False)  # whether its comment says which flood it is one of
    seen_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [
            models.Index(fields=["digest", "seen_at"], name="print_of_digest"),
            models.Index(fields=["cluster", "seen_at"], name="print_of_cluster"),
            models.Index(fields=["seen_at"], name="print_seen"),
            *(
                models.Index(
                    fields=[band], name=f"print_{band}", condition=models.Q(**{f"{band}__isnull": False})
                )
                for band in ("band_1", "band_2", "band_3", "band_4", "band_5")
            ),
        ]

    def __str__(self) -> str:
        return f"fingerprint of comment {self.comment_id}"


class Lesson(NoBareSave):
    """What a moderator's decision about one comment has taught; kept so that it can be untaught."""

    comment_id = models.BigIntegerField(unique=True)
    forum_id = models.BigIntegerField()
    is_spam = models.BooleanField()
    features = models.BinaryField()  # the numbers of its words, four bytes each

    def __str__(self) -> str:
        return f"comment {self.comment_id} is {'spam' if self.is_spam else 'good'}"


class Weight(NoBareSave):
    """In how many good comments, and in how many spam ones, a word has stood."""

    forum_id = models.BigIntegerField()  # or NETWORK
    feature = models.BigIntegerField()  # the number of a word; 0: all comments
    good = models.IntegerField(default=0)
    spam = models.IntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["forum_id", "feature"], name="forums_weight_once")]

    def __str__(self) -> str:
        return f"{self.feature} on {self.forum_id or 'all forums'}: {self.good} good, {self.spam} spam"
