"""Every command that is listed is a module with a name, a line of help, its arguments and its work."""

import ast

import pytest

from descant.site.command import COMMANDS
from tests.house.sources import ROOT, tree_of


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_has_all_that_a_command_needs(name: str) -> None:
    path = ROOT / "src" / (COMMANDS[name].replace(".", "/") + ".py")
    assert path.is_file(), f"{COMMANDS[name]} is not there"
    body = tree_of(path.relative_to(ROOT)).body
    given = {node.name for node in body if isinstance(node, ast.FunctionDef)}
    for node in body:
        if isinstance(node, ast.Assign):
            given |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    assert given >= {"NAME", "HELP", "add_arguments", "run"}
