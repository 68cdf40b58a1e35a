"""Beside the slot: the history of the server in which ids are known to go on."""

from django.db import migrations

from django_headroom.ids import WriteTimeline


class Migration(migrations.Migration):

    dependencies = [
        ("discussion", "0005_moderation"),
    ]

    operations = [
        WriteTimeline(),
    ]
