from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('switches', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Felt',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('switch', models.CharField(max_length=100)),
                ('process', models.CharField(max_length=32)),
                ('version', models.BigIntegerField()),
                ('calls', models.PositiveIntegerField()),
                ('errors', models.PositiveIntegerField()),
                ('slow', models.PositiveIntegerField()),
                ('told_at', models.FloatField()),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('switch', 'process'), name='switches_felt_once')],
            },
        ),
    ]
