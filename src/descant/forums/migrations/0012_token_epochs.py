"""Access tokens end with the sessions of who made them: keys that are there take the epoch of today."""

from typing import Any

from django.db import migrations, models, router


def fill_in(apps: Any, schema_editor: Any) -> None:
    alias = schema_editor.connection.alias
    Key, User = apps.get_model("forums", "Key"), apps.get_model("accounts", "User")
    if router.allow_migrate_model(alias, Key):
        of_today = User.objects.using(alias).filter(pk=models.OuterRef("by_id")).values("token_epoch")
        Key.objects.using(alias).filter(by__isnull=False).update(by_epoch=models.Subquery(of_today))


class Migration(migrations.Migration):
    dependencies = [
        ("forums", "0011_delivering"),
    ]

    operations = [
        migrations.AddField(
            model_name="key",
            name="by_epoch",
            field=models.PositiveIntegerField(null=True),
        ),
        migrations.RunPython(fill_in, migrations.RunPython.noop),
    ]
