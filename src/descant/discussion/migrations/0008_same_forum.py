"""The database keeps a row's ties in its forum: keys of two columns, in the stead of foreign keys of one."""

from django.db import migrations, models
from django.db.models.deletion import CASCADE, PROTECT

from django_headroom.partitions import SameTenant

TABLES = (
    ["appeal", "comment", "decision", "flag", "moved"]
    + ["receipt", "thread", "threadaddress", "vote", "words"]
)


class EachTableOnce(migrations.SeparateDatabaseAndState):
    """As its operations say; on SQLite, which would make a table anew for each of them, every table is made once."""

    def __init__(self, operations):
        super().__init__(database_operations=operations, state_operations=operations)

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        if schema_editor.connection.vendor != "sqlite":
            super().database_forwards(app_label, schema_editor, from_state, to_state)
            return
        for name in TABLES:
            model = to_state.apps.get_model(app_label, name)
            if self.allow_migrate_model(schema_editor.connection.alias, model):
                make_anew(schema_editor, model)

    def database_backwards(self, app_label, schema_editor, from_state, to_state):
        if schema_editor.connection.vendor == "sqlite":
            self.database_forwards(app_label, schema_editor, from_state, to_state)
        else:
            super().database_backwards(app_label, schema_editor, from_state, to_state)


def make_anew(schema_editor, model):
    """Its triggers go with the old table, and are put back."""
    triggers = "SELECT sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s"
    with schema_editor.connection.cursor() as cursor:
        lost = cursor.execute(triggers, [model._meta.db_table]).fetchall()
    schema_editor._remake_table(model)
    for (made_by,) in lost:
        schema_editor.execute(made_by, params=None)


def unique(name):
    key = models.UniqueConstraint(fields=("forum", "id"), name=f"{name}_in_forum")
    return migrations.AddConstraint(name, key)


def tied(name, tie, to, kept_as, **options):
    options = {"on_delete": PROTECT, **options}
    kind = models.OneToOneField if options.get("primary_key") else models.ForeignKey
    field = kind(f"discussion.{to}", related_name="+", db_constraint=False, **options)
    return [
        migrations.AddConstraint(name, SameTenant("forum", tie, name=kept_as)),
        migrations.AlterField(name, tie, field),
    ]


class Migration(migrations.Migration):

    dependencies = [
        ("discussion", "0007_words_to_search"),
    ]

    operations = [
        EachTableOnce(
            [
                unique("thread"),
                unique("comment"),
                *tied("comment", "thread", "thread", "comment_of_own_thread", db_index=False),
                *tied("comment", "parent", "comment", "comment_of_own_parent", null=True, db_index=False),
                *tied("thread", "merged_into", "thread", "thread_merged_into_own", null=True),
                *tied("thread", "pinned", "comment", "thread_pins_own", null=True, db_index=False),
                *tied("threadaddress", "thread", "thread", "address_of_own_thread"),
                *tied("vote", "comment", "comment", "vote_on_own_comment", db_index=False),
                *tied("flag", "comment", "comment", "flag_of_own_comment", db_index=False),
                *tied("receipt", "comment", "comment", "receipt_of_own_comment", db_index=False),
                *tied("decision", "comment", "comment", "decision_on_own_comment", null=True),
                *tied("decision", "thread", "thread", "decision_on_own_thread", null=True),
                *tied("moved", "comment", "comment", "moved_own_comment", null=True, db_index=False),
                *tied("appeal", "comment", "comment", "appeal_about_own_comment", db_index=False),
                *tied(
                    "words", "comment", "comment", "words_of_own_comment",
                    on_delete=CASCADE, primary_key=True, serialize=False,
                ),
            ]
        ),
    ]
