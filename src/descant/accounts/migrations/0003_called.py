"""How accounts are called stands in an index: a page reads the names of its authors and nothing else of them.

Of an author whom nobody has read lately PostgreSQL reads one block from the disk instead of two. SQLite finds the row
itself by its id, so there it would be one more.
"""

from django.db import migrations

INDEX = "CREATE INDEX accounts_user_called ON accounts_user (id) INCLUDE (username, name)"


def make_index(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(INDEX, params=None)


def drop_index(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP INDEX accounts_user_called", params=None)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_choices")]

    operations = [migrations.RunPython(make_index, drop_index)]
