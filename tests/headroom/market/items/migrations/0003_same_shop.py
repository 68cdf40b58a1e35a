"""What is of a sale is of its shop: the database keeps both as one key."""

import django.db.models.deletion
import django_headroom.partitions
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('items', '0002_sales'),
        ('shops', '0002_visits'),
    ]

    operations = [
        migrations.AddConstraint(
            model_name='sale',
            constraint=models.UniqueConstraint(fields=('shop', 'id'), name='sale_in_shop'),
        ),
        migrations.AlterField(
            model_name='line',
            name='sale',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, to='items.sale'),
        ),
        migrations.AlterField(
            model_name='receipt',
            name='sale',
            field=models.OneToOneField(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, to='items.sale'),
        ),
        migrations.AddConstraint(
            model_name='line',
            constraint=django_headroom.partitions.SameTenant('shop', 'sale', name='line_of_own_sale'),
        ),
        migrations.AddConstraint(
            model_name='receipt',
            constraint=django_headroom.partitions.SameTenant('shop', 'sale', name='receipt_of_own_sale'),
        ),
    ]
