"""The ledger of slots: which database has each, also when it is gone."""

from django.db import migrations

from django_headroom.ids import WriteLedger


class Migration(migrations.Migration):

    dependencies = [
        ("forums", "0002_counting"),
    ]

    operations = [
        WriteLedger(),
    ]
