"""Bans, rules, and what a forum's owner decides about both."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('forums', '0003_ledger'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='forum',
            name='flags_to_hold',
            field=models.PositiveSmallIntegerField(default=3),
        ),
        migrations.AddField(
            model_name='forum',
            name='is_transparent',
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name='forum',
            name='look',
            field=models.JSONField(blank=True, default=dict),
        ),
        migrations.AddField(
            model_name='forum',
            name='policy',
            field=models.TextField(blank=True),
        ),
        migrations.AddField(
            model_name='forum',
            name='shadow_bans',
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name='forum',
            name='when_unjudged',
            field=models.CharField(choices=[('pass', 'Pass'), ('hold', 'Hold')], default='pass', max_length=10),
        ),
        migrations.CreateModel(
            name='Rule',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('title', models.CharField(max_length=100)),
                ('kind', models.CharField(choices=[('words', 'Words'), ('pattern', 'Pattern'), ('links', 'Links'), ('first', 'First'), ('age', 'Age'), ('address', 'Address'), ('language', 'Language'), ('rate', 'Rate'), ('double', 'Double'), ('alike', 'Alike'), ('score', 'Score'), ('outside', 'Outside')], max_length=10)),
                ('said', models.JSONField(default=dict)),
                ('effect', models.CharField(choices=[('mark', 'Mark'), ('hold', 'Hold'), ('spam', 'Spam')], default='hold', max_length=10)),
                ('is_on', models.BooleanField(default=False)),
                ('version', models.PositiveIntegerField(default=1)),
                ('changed_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('changed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('forum', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='rules', to='forums.forum')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Ban',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('account', 'Account'), ('guest', 'Guest'), ('email', 'Email'), ('address', 'Address')], max_length=10)),
                ('value', models.CharField(max_length=100)),
                ('shown', models.CharField(max_length=200)),
                ('is_shadow', models.BooleanField(default=False)),
                ('reason', models.CharField(max_length=500)),
                ('made_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('until', models.DateTimeField(null=True)),
                ('lifted_at', models.DateTimeField(null=True)),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('forum', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='bans', to='forums.forum')),
                ('lifted_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('lifted_at', None)), fields=['forum', 'made_at', 'id'], name='ban_in_force')],
            },
        ),
        migrations.CreateModel(
            name='RuleVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField()),
                ('said', models.JSONField()),
                ('effect', models.CharField(max_length=10)),
                ('made_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('rule', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='versions', to='forums.rule')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('rule', 'version'), name='forums_rule_version_once')],
            },
        ),
    ]
