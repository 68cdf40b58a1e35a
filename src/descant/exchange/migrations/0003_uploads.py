"""Files that are handed over, and wait for a worker."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('exchange', '0002_exports'),
    ]

    operations = [
        migrations.AddField(
            model_name='importjob',
            name='file',
            field=models.CharField(blank=True, db_default='', max_length=64),
        ),
        migrations.AlterField(
            model_name='importjob',
            name='state',
            field=models.CharField(choices=[('waiting', 'Waiting'), ('running', 'Running'), ('finished', 'Finished'), ('refused', 'Refused'), ('stopped', 'Stopped')], default='running', max_length=10),
        ),
    ]
