"""Every release can run beside the one before: migrations add what older code can live with, and take away later.

What is listed as taken away says which release was the last to use it; that release must be out.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from django.apps import apps
from django.db import migrations, models
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation

from descant import __version__

# The last migrations of the time before there was a release that took over from another.
BASELINE = {
    "accounts": 4,
    "counters": 1,
    "delayed": 2,
    "discussion": 8,
    "exchange": 1,
    "followups": 3,
    "forums": 10,
}
# Operation -> the last release that used what it takes away, as "app.0012_name: operation": "0.2.0".
LAST_USED: dict[str, str] = {}
ADDING = (
    migrations.CreateModel,
    migrations.AddIndex,
    migrations.RemoveIndex,
    migrations.AlterModelOptions,
    migrations.AlterModelManagers,
    migrations.RunPython,
    migrations.RunSQL,
    migrations.SeparateDatabaseAndState,
)
TAKING_AWAY = (migrations.RemoveField, migrations.DeleteModel, migrations.RemoveConstraint)


def test_migrations_add_what_the_release_before_can_live_with() -> None:
    faults = [
        f"{name}: {operation.describe()}: {fault}"
        for name, operation in operations()
        if (fault := what_is_wrong(name, operation))
    ]
    assert not faults, "\n".join(faults)


def operations() -> Iterator[tuple[str, Operation]]:
    loader = MigrationLoader(None)
    for (label, name), migration in sorted(loader.disk_migrations.items()):
        ours = apps.get_app_config(label).name.startswith(("descant", "django_headroom"))
        if ours and int(name.split("_")[0]) > BASELINE.get(label, 0):
            before = loader.project_state([(label, name)], at_end=False)
            for operation in migration.operations:
                if not says_no_more_than_choices(operation, before.models, label):
                    yield f"{label}.{name}", operation


def says_no_more_than_choices(
    operation: Operation, before: Mapping[tuple[str, str], Any], label: str
) -> bool:
    """Whether a column stays as it is, and only what Django says of it changes."""
    if not isinstance(operation, migrations.AlterField):
        return False
    known = before.get((label, operation.model_name_lower))
    was = known.fields.get(operation.name) if known else None
    return was is not None and in_the_database(was) == in_the_database(operation.field)


def in_the_database(field: models.Field) -> tuple[str, dict[str, Any]]:
    _, path, _, said = field.deconstruct()
    return path, {
        name: value for name, value in said.items() if name not in ("choices", "help_text", "default")
    }


def what_is_wrong(name: str, operation: Operation) -> str:
    if isinstance(operation, ADDING):
        return ""
    if isinstance(operation, migrations.AddField):
        return (
            ""
            if can_be_left_out(operation.field)
            else "older code writes no value: null=True or a db_default"
        )
    if isinstance(operation, migrations.AddConstraint):
        return (
            ""
            if "checked" in name
            else "older code may write against it: say 'checked' in the migration's name"
        )
    if isinstance(operation, migrations.AlterField):
        return "" if can_be_left_out(operation.field) else "older code may leave it out"
    if isinstance(operation, TAKING_AWAY):
        last = LAST_USED.get(f"{name}: {operation.describe()}", "")
        is_out = last and tuple(map(int, last.split("."))) < tuple(map(int, __version__.split(".")[:3]))
        return (
            "" if is_out else "the release before still uses it: take it away one release later (LAST_USED)"
        )
    return "older code knows it by its former name, or not at all"


def can_be_left_out(field: models.Field) -> bool:
    return field.null or field.has_db_default() or field.many_to_many or field.primary_key


@pytest.mark.parametrize(
    ("operation", "is_right"),
    [
        (migrations.AddField("forum", "x", models.TextField(null=True)), True),
        (migrations.AddField("forum", "x", models.TextField(db_default="")), True),
        (migrations.AddField("forum", "x", models.TextField(default="")), False),
        (migrations.AddField("forum", "x", models.TextField()), False),
        (migrations.RemoveField("forum", "title"), False),
        (migrations.RenameField("forum", "title", "name"), False),
        (migrations.DeleteModel("forum"), False),
        (migrations.RunSQL("SELECT 1"), True),
    ],
)
def test_the_rule_sees_what_it_is_for(operation: Operation, is_right: bool) -> None:
    assert (what_is_wrong("forums.0099_new", operation) == "") is is_right
