"""Beside the slot: which database this is, and where rows that leave it leave word."""

from django.db import migrations

from django_headroom.ids import WriteIdentity


class Migration(migrations.Migration):

    dependencies = [
        ("discussion", "0002_keep_pace_by_its_subject"),
    ]

    operations = [
        WriteIdentity(),
    ]
