"""A row that is there is changed by name: no bare ``save()``, which writes back what was read and undoes others."""

import ast
from collections.abc import Iterator

import pytest

from tests.house.sources import python_modules, told, tree_of

# What a bare save() may be: Django's own, called from an override that has asked first.
OVERRIDES = {"super().save"}


def test_every_save_says_that_the_row_is_new_or_what_it_writes() -> None:
    faults = [
        f"{path}:{line}: use change(row, column=value); a new row is saved with force_insert=True"
        for path in python_modules()
        if path.parts[0] == "src"
        for line in bare_saves(tree_of(path))
    ]
    assert not faults, told(faults)


def test_the_models_of_the_product_refuse_a_bare_save() -> None:
    """All but what libraries save themselves: accounts, and the table of Django's cache."""
    faults = [
        f"{path}:{node.lineno}: {node.name} may be saved bare; derive it from NoBareSave"
        for path in python_modules()
        if path.parts[:2] == ("src", "descant") and "models" in (path.stem, path.parent.name)
        for node in tree_of(path).body
        if isinstance(node, ast.ClassDef) and node.name != "Remembered"
        if "models.Model" in map(ast.unparse, node.bases)
    ]
    assert not faults, told(faults)


@pytest.mark.parametrize(
    ("written", "is_bare"),
    [
        ("thread.save()", True),
        ("thread.save(using='p1')", True),
        ("self.row.asave(force_update=True)", True),
        ("thread.save(force_insert=True)", False),
        ("thread.save(update_fields=['title'])", False),
        ("super().save(*args, **options)", False),
    ],
)
def test_a_bare_save_is_seen(written: str, is_bare: bool) -> None:
    assert bool(list(bare_saves(ast.parse(written)))) is is_bare


def bare_saves(tree: ast.Module) -> Iterator[int]:
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        if node.func.attr not in ("save", "asave") or ast.unparse(node.func) in OVERRIDES:
            continue
        if not {"force_insert", "update_fields"} & {keyword.arg for keyword in node.keywords}:
            yield node.lineno
