"""What was brought in: one row for each import, so that an interrupted one is seen."""

from django.db import models
from django.utils import timezone

from descant.forums.models import Forum
from django_headroom.updates import NoBareSave


class ImportJob(NoBareSave):
    """One run of an import; what it wrote stands in the forum's partition, what it reported stands here."""

    class State(models.TextChoices):
        RUNNING = "running"
        FINISHED = "finished"
        REFUSED = "refused"
        STOPPED = "stopped"

    forum = models.ForeignKey(Forum, on_delete=models.CASCADE, related_name="import_jobs")
    format = models.CharField(max_length=40)
    source_forum = models.CharField(max_length=200, blank=True)
    file_name = models.CharField(max_length=255)
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
