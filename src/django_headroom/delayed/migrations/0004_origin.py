from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('delayed', '0003_due_in_channels'),
    ]

    operations = [
        migrations.AddField(
            model_name='event',
            name='origin',
            field=models.CharField(blank=True, db_default='', default='', max_length=100),
        ),
    ]
