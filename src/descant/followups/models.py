"""What is kept of what follows, in the global database."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone

from django_headroom.joins import FarKey
from django_headroom.updates import NoBareSave


class Activity(NoBareSave):
    """One public comment, wherever it stands: profiles are read from these rows, and totals are their sums."""

    user_id = models.BigIntegerField(null=True)  # none: a guest's, or somebody's who came with an import
    guest = models.CharField(max_length=40, blank=True, db_default="")  # as comments name her
    forum_id = models.BigIntegerField()
    thread_id = models.BigIntegerField()
    comment = FarKey("discussion.Comment", unique=True)
    comment_id: int
    posted_at = models.DateTimeField()
    likes = models.IntegerField(null=True)  # of an account's; none: the row is not counted in any total yet

    class Meta:
        indexes = [
            models.Index(fields=["user_id", "posted_at", "id"], name="activity_of_user"),
            models.Index(fields=["thread_id", "comment"], name="activity_of_thread"),
            models.Index(fields=["forum_id", "thread_id"], name="activity_of_forum"),
        ]

    def __str__(self) -> str:
        return f"comment {self.comment_id} of {self.user_id or 'a guest'}"

    @property
    def is_counted(self) -> bool:
        return self.likes is not None


class PersonTotals(NoBareSave):
    """What an account has said in public, on all forums, and how often it was liked."""

    user_id = models.BigIntegerField(primary_key=True)
    comments = models.IntegerField(default=0, db_default=0)
    likes = models.IntegerField(default=0, db_default=0)

    def __str__(self) -> str:
        return f"of user {self.user_id}"


class ForumTotals(NoBareSave):
    """What was said on a forum in public, and in how many threads something was."""

    forum_id = models.BigIntegerField(primary_key=True)
    comments = models.IntegerField(default=0, db_default=0)
    threads = models.IntegerField(default=0, db_default=0)

    def __str__(self) -> str:
        return f"of forum {self.forum_id}"


class Mailbox(NoBareSave):
    """An address that a guest gave on a forum; nothing but a question goes there until she confirms it.

    It is of this guest alone: what somebody else writes who gives the same address is not hers.
    """

    email = models.EmailField(max_length=254)  # in small letters
    forum_id = models.BigIntegerField()
    guest = models.CharField(max_length=40, blank=True, db_default="")
    language = models.CharField(max_length=10, blank=True)
    asked_at = models.DateTimeField(default=timezone.now)
    confirmed_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["email", "forum_id", "guest"], name="mailbox_of_guest")
        ]
        indexes = [models.Index(fields=["forum_id", "asked_at"], name="mailbox_asked")]

    def __str__(self) -> str:
        return f"mailbox {self.pk}"


class Follow(NoBareSave):
    """Somebody who wants to hear what is said in a place.

    ``follower`` is ``u7``, an account, or ``m3``, a mailbox; ``what`` is ``t12``, a thread, ``u9``, whatever this
    person writes where she is shown, or ``c44``, replies to this comment.
    """

    follower = models.CharField(max_length=20)
    what = models.CharField(max_length=20)
    forum_id = models.BigIntegerField(null=True)  # of threads and comments
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["follower", "what"], name="follow_once")]
        indexes = [models.Index(fields=["what", "id"], name="followers")]

    def __str__(self) -> str:
        return f"{self.follower} follows {self.what}"


class Kind(models.TextChoices):
    """Why somebody hears of something."""

    REPLY = "reply"
    MENTION = "mention"
    THREAD = "thread"
    PERSON = "person"
    DECISION = "decision"
    DIGEST = "digest"
    CONFIRM = "confirm"
    WEBHOOK = "webhook"
    EXPORT = "export"


class Notice(NoBareSave):
    """What an account is told in its frames; of one comment, or one decision, once."""

    user_id = models.BigIntegerField()
    about = models.CharField(max_length=30)  # "c44" a comment, "d5" a decision
    kind = models.CharField(max_length=10, choices=Kind.choices)
    forum_id = models.BigIntegerField()
    comment = FarKey("discussion.Comment")
    comment_id: int
    made_at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(null=True)
    digest = models.UUIDField(null=True)  # the letter of the day that told it

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user_id", "about"], name="notice_once")]
        indexes = [
            models.Index(fields=["user_id", "made_at", "id"], name="notice_of_user"),
            models.Index(fields=["user_id"], condition=Q(seen_at=None), name="notice_unseen"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.about} to user {self.user_id}"


class Letter(NoBareSave):
    """A mail to one recipient about one thing. Its id is its Message-ID, so that no try makes a second mail of it.

    It holds no address and no text: both are asked for when it goes out.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    recipient = models.CharField(max_length=20)  # as followers are named
    about = models.CharField(max_length=40)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    forum_id = models.BigIntegerField(null=True)
    comment_id = models.BigIntegerField(null=True)
    made_at = models.DateTimeField(default=timezone.now)
    claimed_until = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    dropped_for = models.CharField(max_length=20, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["recipient", "about"], name="letter_once")]
        indexes = [models.Index(fields=["made_at"], name="letter_made")]

    def __str__(self) -> str:
        return f"{self.kind} {self.about} to {self.recipient}"


class Delivery(NoBareSave):
    """One message to one target, under one id however often it is tried, so that who is told twice can know.

    It holds nothing of what it tells: the comment is asked when it goes out, and when somebody looks at it.
    """

    class Kind(models.TextChoices):
        CREATED = "comment.created"
        UPDATED = "comment.updated"
        TEST = "test"
        VERIFY = "verify"

    class State(models.TextChoices):
        WAITING = "waiting"
        TAKEN = "taken"
        DEAD = "dead"  # tried as often as anything is, or of no use to try
        DROPPED = "dropped"  # what it tells of may not be told any more

    message = models.UUIDField(unique=True, default=uuid.uuid4)
    target = models.ForeignKey("forums.Target", on_delete=models.CASCADE, related_name="+", db_index=False)
    target_id: int
    kind = models.CharField(max_length=20, choices=Kind.choices)
    comment_id = models.BigIntegerField(null=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    made_at = models.DateTimeField(default=timezone.now)
    turn = models.PositiveIntegerField(
        default=0
    )  # rises with every event that is said of it: older ones mean nothing
    tries = models.PositiveSmallIntegerField(default=0)
    tries_since = models.DateTimeField(default=timezone.now)  # it was made, or sent again by hand
    due_at = models.DateTimeField(null=True)  # of one that waits for another try
    log = models.JSONField(default=list)  # of each of the last tries: at, status, ms, why
    answer = models.TextField(blank=True)  # the beginning of the last one

    class Meta:
        indexes = [
            models.Index(fields=["target", "made_at", "id"], name="delivery_of_target"),
            models.Index(fields=["target", "made_at", "id"], condition=Q(state="dead"), name="delivery_dead"),
            models.Index(fields=["made_at", "id"], name="delivery_made"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} to target {self.target_id}"

    @property
    def message_id(self) -> str:
        """By which a receiver knows a message that comes again."""
        return f"msg_{self.message.hex}"
