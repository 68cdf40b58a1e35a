"""A pace is found by its subject alone; what was counted in the last minute is forgotten by this."""

import django_headroom.joins
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("discussion", "0001_initial")]

    operations = [
        migrations.DeleteModel("Pace"),
        migrations.CreateModel(
            name="Pace",
            fields=[
                ("subject", models.CharField(max_length=40, primary_key=True, serialize=False)),
                ("forum", django_headroom.joins.FarKey("forums.Forum")),
                ("used_until", models.FloatField()),
            ],
            options={"abstract": False},
        ),
    ]
