"""The rules themselves catch what they are for: each is shown a sentence that breaks it."""

import ast

import pytest

from tests.house.test_size import lines_of, takes_too_many
from tests.house.test_words import MACHINE_PATH, REGISTRY, is_empty


@pytest.mark.parametrize(
    "name", ["utils", "handle_post", "process_row", "ForumManager", "user_data", "get_info"]
)
def test_an_empty_name_is_seen(name: str) -> None:
    assert is_empty(name)


@pytest.mark.parametrize(
    "name", ["post_comment", "reading", "Thread", "process_view", "database", "handle", "_"]
)
def test_a_name_of_the_field_is_left_alone(name: str) -> None:
    assert not is_empty(name)


def test_a_machine_path_and_a_registry_are_seen() -> None:
    assert MACHINE_PATH.search("cd /ho" + "me/ann/descant")
    assert REGISTRY.search("https://pypi" + ".org/simple")
    assert not MACHINE_PATH.search("https://gazette.example/wo" + "rk/of-art")


def test_a_function_is_as_long_as_it_is_to_read() -> None:
    function = ast.parse('def f(a):\n    """One.\n\n    Two.\n    """\n    return a\n').body[0]
    assert isinstance(function, ast.FunctionDef)
    assert lines_of(function) == 6


@pytest.mark.parametrize(
    ("signature", "too_many"),
    [("a, b, c, d, e", False), ("a, b, c, d, e, f", True), ("*, a, b, c, d, e, f, g, h, i", False)],
)
def test_parameters_are_counted(signature: str, too_many: bool) -> None:
    function = ast.parse(f"def f({signature}): ...").body[0]
    assert isinstance(function, ast.FunctionDef)
    assert takes_too_many(function) is too_many
