"""The product opens a transaction by ``writing(place)`` alone, which names its database."""

import ast
from collections.abc import Iterator

import pytest

from tests.house.sources import python_modules, told, tree_of

OTHER_DOORS = {"atomic", "set_autocommit", "commit", "rollback", "savepoint", "on_first_write"}


def test_the_product_has_one_door_to_a_transaction() -> None:
    faults = [
        f"{path}:{line}: open it with writing(place), which names its database"
        for path in python_modules()
        if path.parts[:2] == ("src", "descant")
        for line in other_doors(tree_of(path))
    ]
    assert not faults, told(faults)


@pytest.mark.parametrize(
    ("written", "is_another"),
    [
        ("with transaction.atomic(using='p1'): pass", True),
        ("@transaction.atomic\ndef post(): pass", True),
        ("with atomic(): pass", True),
        ("transaction.set_autocommit(False)", True),
        ("with writing(forum): pass", False),
        ("transaction.on_commit(tell)", False),
        ("file.commit()", False),
    ],
)
def test_another_door_is_seen(written: str, is_another: bool) -> None:
    assert bool(list(other_doors(ast.parse(written)))) is is_another


def other_doors(tree: ast.Module) -> Iterator[int]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in OTHER_DOORS:
            if ast.unparse(node.value) == "transaction":
                yield node.lineno
        elif isinstance(node, ast.Name) and node.id in ("atomic", "on_first_write"):
            yield node.lineno
