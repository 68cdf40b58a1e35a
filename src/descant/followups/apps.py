"""The app of what follows; its receivers are connected when it is ready."""

from importlib import import_module

from django.apps import AppConfig

RECEIVERS = (
    "totals.hearing",
    "totals.recounting",
    "following",
    "freshness",
    "searching",
    "judging.floods",
    "judging.judges",
    "judging.lessons",
    "purging",
    "removing",
    "telling.comments",
    "telling.decisions",
    "mail.sending",
    "mail.inviting",
    "mail.exported",
    "webhooks.noting",
    "webhooks.delivering",
    "trimming",
)


class FollowupsConfig(AppConfig):
    name = "descant.followups"
    label = "followups"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        for name in RECEIVERS:
            import_module(f"descant.followups.{name}").connect()
