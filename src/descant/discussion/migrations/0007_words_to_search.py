"""The words of comments, and an index of them: of each row on PostgreSQL, kept by triggers in FTS5 on SQLite."""

import descant.discussion.models.words
import django.db.models.deletion
import django_headroom.joins
from django.db import migrations, models

ON_POSTGRESQL = [
    "CREATE INDEX discussion_words_index ON discussion_words"
    " USING gin (array_to_tsvector(string_to_array(words, ' ')))"
]
ON_SQLITE = [
    "CREATE VIRTUAL TABLE discussion_words_index USING fts5(words, content='discussion_words',"
    " content_rowid='comment_id', detail=none, prefix='2 3', tokenize='unicode61 remove_diacritics 0')",
    "CREATE TRIGGER discussion_words_added AFTER INSERT ON discussion_words BEGIN"
    " INSERT INTO discussion_words_index (rowid, words) VALUES (new.comment_id, new.words); END",
    "CREATE TRIGGER discussion_words_gone AFTER DELETE ON discussion_words BEGIN"
    " INSERT INTO discussion_words_index (discussion_words_index, rowid, words)"
    " VALUES ('delete', old.comment_id, old.words); END",
    "CREATE TRIGGER discussion_words_changed AFTER UPDATE ON discussion_words BEGIN"
    " INSERT INTO discussion_words_index (discussion_words_index, rowid, words)"
    " VALUES ('delete', old.comment_id, old.words);"
    " INSERT INTO discussion_words_index (rowid, words) VALUES (new.comment_id, new.words); END",
]


def make_index(apps, schema_editor):
    for statement in ON_POSTGRESQL if schema_editor.connection.vendor == "postgresql" else ON_SQLITE:
        schema_editor.execute(statement, params=None)


class Migration(migrations.Migration):

    dependencies = [
        ('discussion', '0006_timeline'),
    ]

    operations = [
        migrations.CreateModel(
            name='Words',
            fields=[
                ('forum', django_headroom.joins.FarKey('forums.Forum')),
                ('comment', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='+', serialize=False, to='discussion.comment')),
                ('words', descant.discussion.models.words.WordsField()),
                ('created_at', models.DateTimeField()),
            ],
            options={
                'indexes': [models.Index(fields=['forum', 'created_at', 'comment'], name='words_of_forum')],
            },
        ),
        migrations.RunPython(make_index, migrations.RunPython.noop),
    ]
