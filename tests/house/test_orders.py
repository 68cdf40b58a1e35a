"""Rule 9: an order ends with a key, so that it is one order; and an id alone is no time, as ids step."""

import ast
from collections.abc import Iterator

import pytest

from tests.house.sources import python_modules, told, tree_of

# What a list may end with: keys, and columns that no two rows of the list have alike.
KEYS = {"id", "pk"}
UNIQUE = {"path", "name", "username"}


def test_every_order_ends_with_a_key_and_an_id_is_no_time() -> None:
    faults = [
        f"{path}:{line}: {fault}"
        for path in python_modules()
        if path.parts[:2] == ("src", "descant")
        for line, fault in faults_of(tree_of(path))
    ]
    assert not faults, told(faults)


def test_every_variable_order_is_looked_at() -> None:
    """An order that is chosen first and unpacked later must be readable here, or this test is blind to it."""
    blind = [
        f"{path}:{call.lineno}"
        for path in python_modules()
        if path.parts[:2] == ("src", "descant")
        for call in orders_in(tree_of(path))
        for argument in call.args
        if isinstance(argument, ast.Starred) and not list(chosen(argument, tree_of(path)))
    ]
    assert not blind, told(blind)


def faults_of(tree: ast.AST) -> Iterator[tuple[int, str]]:
    locked = {id(call.func.value) for call in calls_in(tree, "select_for_update")}
    for call in orders_in(tree):
        for columns in written_in(call, tree):
            if columns[-1] not in KEYS | UNIQUE:
                yield call.lineno, f"{columns} does not end with a key: two rows may be alike"
            elif len(columns) == 1 and columns[0] in KEYS and id(call) not in locked:
                yield call.lineno, "ids step, so their order is no time: order by (created_at, id)"


def orders_in(tree: ast.AST) -> Iterator[ast.Call]:
    return calls_in(tree, "order_by")


def calls_in(tree: ast.AST, name: str) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == name:
            yield node


def written_in(call: ast.Call, tree: ast.AST) -> Iterator[list[str]]:
    """The columns of an order, without their signs; of one that was chosen before, each choice."""
    if any(isinstance(argument, ast.Starred) for argument in call.args):
        yield from chosen(call.args[0], tree)
    elif call.args:
        yield [column(argument) for argument in call.args]


def chosen(argument: ast.expr, tree: ast.AST) -> Iterator[list[str]]:
    name = ast.unparse(argument).lstrip("*")
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == name:
            tuples = [each for each in ast.walk(node.value) if isinstance(each, ast.Tuple)]
            yield from ([column(each) for each in order.elts] for order in tuples)


def column(written: ast.expr) -> str:
    if isinstance(written, ast.JoinedStr):
        written = written.values[-1]
    return written.value.lstrip("-") if isinstance(written, ast.Constant) else ast.unparse(written)


@pytest.mark.parametrize(
    ("order", "right"),
    [
        ('rows.order_by("created_at", "id")', True),
        ('rows.order_by(f"{sign}score", f"{sign}id")', True),
        ('rows.order_by("pk").select_for_update()', True),
        ('rows.order_by("created_at")', False),
        ('rows.order_by("-id")', False),
        ('rows.order_by("pk")', False),
        ('def f():\n    order = ("score",) if best else ("score", "id")\n    rows.order_by(*order)', False),
    ],
)
def test_the_rule_sees_what_it_is_for(order: str, right: bool) -> None:
    assert (not list(faults_of(ast.parse(order)))) is right
