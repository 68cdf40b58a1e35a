"""What was brought in and what was taken along: one row for each, so that an interrupted one is seen."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from descant.forums.models import Forum
from django_headroom.updates import NoBareSave


class ImportJob(NoBareSave):
    """One run of an import; what it wrote stands in the forum's partition, what it reported stands here."""

    class State(models.TextChoices):
        WAITING = "waiting"  # for a worker
        RUNNING = "running"
        FINISHED = "finished"
        REFUSED = "refused"
        STOPPED = "stopped"

    forum = models.ForeignKey(Forum, on_delete=models.CASCADE, related_name="import_jobs")
    format = models.CharField(max_length=40)
    source_forum = models.CharField(max_length=200, blank=True)
    file_name = models.CharField(max_length=255)
    file = models.CharField(max_length=64, blank=True, db_default="")  # what an upload is called here
    file_size = models.BigIntegerField()
    file_digest = models.CharField(max_length=64)  # SHA-256
    state = models.CharField(max_length=10, choices=State.choices, default=State.RUNNING)
    stage = models.CharField(max_length=20, blank=True)
    done = models.BigIntegerField(default=0)
    total = models.BigIntegerField(default=0)
    report = models.JSONField(default=dict)
    refusal = models.CharField(max_length=500, blank=True)
    started_at = models.DateTimeField(default=timezone.now)
    touched_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["forum", "started_at", "id"], name="import_job_of_forum")]

    def __str__(self) -> str:
        return f"import of {self.file_name}"


class Export(NoBareSave):
    """A file that an owner has asked for; a worker makes it, and it is kept for some days."""

    class Format(models.TextChoices):
        NATIVE = "native"
        SQLITE = "sqlite"
        DISQUS = "disqus"
        WXR = "wxr"

    class State(models.TextChoices):
        WAITING = "waiting"
        RUNNING = "running"
        FINISHED = "finished"
        STOPPED = "stopped"
        DROPPED = "dropped"  # its time is over, and the file is gone

    forum = models.ForeignKey(Forum, on_delete=models.CASCADE, related_name="exports")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    format = models.CharField(max_length=10, choices=Format.choices)
    personal = models.BooleanField(default=False)  # with e-mail addresses
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    rows = models.BigIntegerField(default=0)
    file = models.CharField(max_length=64, unique=True)  # what it is called here: nobody can guess it
    file_name = models.CharField(max_length=255, blank=True)  # and where it is taken to
    size = models.BigIntegerField(default=0)
    refusal = models.CharField(max_length=500, blank=True)
    asked_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["forum"], condition=Q(state__in=("waiting", "running")), name="export_one_at_a_time"
            )
        ]
        indexes = [models.Index(fields=["forum", "asked_at", "id"], name="export_of_forum")]

    def __str__(self) -> str:
        return f"export of {self.forum} as {self.format}"
