from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('forums', '0014_categories'),
    ]

    operations = [
        migrations.AddField(
            model_name='forum',
            name='has_labs',
            field=models.BooleanField(db_default=True, default=True),
        ),
    ]
