"""What moderators need: flags, appeals, batches that can be undone, merged threads, what a comment is one of many of."""

import django.db.models.deletion
import django.utils.timezone
import django_headroom.ids.stepping
import django_headroom.joins
import uuid
from django.db import migrations, models


def give_each_a_batch(apps, schema_editor):
    """A decision made before there were batches is one by itself."""
    decisions = apps.get_model("discussion", "Decision").objects.using(schema_editor.connection.alias)
    for pk in list(decisions.values_list("pk", flat=True)):
        decisions.filter(pk=pk).update(batch=uuid.uuid4())


class Migration(migrations.Migration):

    dependencies = [
        ('discussion', '0004_count_deepest_answers'),
    ]

    operations = [
        migrations.CreateModel(
            name='Appeal',
            fields=[
                ('id', django_headroom.ids.stepping.SteppingAutoField(primary_key=True, serialize=False)),
                ('forum', django_headroom.joins.FarKey('forums.Forum')),
                ('said', models.CharField(max_length=1000)),
                ('made_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('answer', models.CharField(blank=True, max_length=500)),
                ('answered_at', models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='Flag',
            fields=[
                ('id', django_headroom.ids.stepping.SteppingAutoField(primary_key=True, serialize=False)),
                ('forum', django_headroom.joins.FarKey('forums.Forum')),
                ('flagger', models.CharField(max_length=42)),
                ('address_mark', models.CharField(max_length=40, null=True)),
                ('reason', models.CharField(choices=[('spam', 'Spam'), ('abuse', 'Abuse'), ('private', 'Private'), ('off_topic', 'Off Topic'), ('other', 'Other')], max_length=10)),
                ('note', models.CharField(blank=True, max_length=500)),
                ('flagged_at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
        ),
        migrations.CreateModel(
            name='Moved',
            fields=[
                ('id', django_headroom.ids.stepping.SteppingAutoField(primary_key=True, serialize=False)),
                ('forum', django_headroom.joins.FarKey('forums.Forum')),
                ('batch', models.UUIDField()),
                ('address_id', models.BigIntegerField(null=True)),
            ],
        ),
        migrations.AddField(
            model_name='comment',
            name='flags',
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='comment',
            name='flood',
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name='comment',
            name='needs_look',
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name='comment',
            name='origin',
            field=models.CharField(blank=True, max_length=40),
        ),
        migrations.AddField(
            model_name='comment',
            name='origin_range',
            field=models.CharField(blank=True, max_length=40),
        ),
        migrations.AddField(
            model_name='decision',
            name='batch',
            field=models.UUIDField(default=uuid.uuid4),
        ),
        migrations.RunPython(give_each_a_batch, migrations.RunPython.noop),
        migrations.AddField(
            model_name='decision',
            name='kept',
            field=models.JSONField(default=dict),
        ),
        migrations.AddField(
            model_name='decision',
            name='thread',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='discussion.thread'),
        ),
        migrations.AddField(
            model_name='decision',
            name='undoes',
            field=models.UUIDField(null=True),
        ),
        migrations.AddField(
            model_name='thread',
            name='merged_into',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='discussion.thread'),
        ),
        migrations.AddField(
            model_name='thread',
            name='pinned',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='discussion.comment'),
        ),
        migrations.AlterField(
            model_name='decision',
            name='comment',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='discussion.comment'),
        ),
        migrations.AlterField(
            model_name='thread',
            name='state',
            field=models.CharField(choices=[('open', 'Open'), ('closed', 'Closed'), ('merged', 'Merged')], default='open', max_length=10),
        ),
        migrations.AddIndex(
            model_name='comment',
            index=models.Index(condition=models.Q(('needs_look', True)), fields=['forum', 'created_at', 'id'], name='comment_to_look_at'),
        ),
        migrations.AddIndex(
            model_name='comment',
            index=models.Index(condition=models.Q(('flood__isnull', False)), fields=['forum', 'flood'], name='comment_of_flood'),
        ),
        migrations.AddIndex(
            model_name='comment',
            index=models.Index(condition=models.Q(('author__isnull', False)), fields=['forum', 'author', 'created_at', 'id'], name='comment_of_author'),
        ),
        migrations.AddIndex(
            model_name='comment',
            index=models.Index(condition=models.Q(('guest', ''), _negated=True), fields=['forum', 'guest', 'created_at', 'id'], name='comment_of_guest'),
        ),
        migrations.AddIndex(
            model_name='decision',
            index=models.Index(fields=['forum', 'batch'], name='decision_of_batch'),
        ),
        migrations.AddIndex(
            model_name='decision',
            index=models.Index(condition=models.Q(('undoes__isnull', False)), fields=['forum', 'undoes'], name='decision_undoes'),
        ),
        migrations.AddIndex(
            model_name='decision',
            index=models.Index(fields=['forum', 'decided_at', 'id'], name='decision_of_forum'),
        ),
        migrations.AddField(
            model_name='appeal',
            name='comment',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='discussion.comment'),
        ),
        migrations.AddField(
            model_name='flag',
            name='comment',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='discussion.comment'),
        ),
        migrations.AddField(
            model_name='moved',
            name='comment',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='discussion.comment'),
        ),
        migrations.AddIndex(
            model_name='appeal',
            index=models.Index(condition=models.Q(('answered_at', None)), fields=['forum', 'made_at', 'id'], name='appeal_to_answer'),
        ),
        migrations.AddConstraint(
            model_name='appeal',
            constraint=models.UniqueConstraint(fields=('comment',), name='appeal_once'),
        ),
        migrations.AddConstraint(
            model_name='flag',
            constraint=models.UniqueConstraint(fields=('comment', 'flagger'), name='flag_once'),
        ),
        migrations.AddConstraint(
            model_name='flag',
            constraint=models.UniqueConstraint(fields=('comment', 'address_mark'), name='flag_once_per_address'),
        ),
        migrations.AddIndex(
            model_name='moved',
            index=models.Index(fields=['forum', 'batch'], name='moved_in_batch'),
        ),
    ]
