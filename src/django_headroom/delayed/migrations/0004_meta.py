from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('delayed', '0003_due_in_channels'),
    ]

    operations = [
        migrations.AddField(
            model_name='event',
            name='meta',
            field=models.JSONField(db_default={}, default=dict),
        ),
    ]
