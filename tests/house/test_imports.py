"""Rule 1: imports go down, and stand at the top. (import-linter holds the floors; this holds the top.)"""

import ast
from pathlib import Path

from tests.house.sources import functions_of, python_modules, told, tree_of

FLOORS = [{"site"}, {"embed", "api", "live", "moderate", "community", "operate", "exchange"}]
FLOORS += [{"followups"}, {"discussion"}, {"forums"}, {"accounts"}]


def test_no_import_stands_inside_a_function() -> None:
    faults = [
        f"{path}:{node.lineno}: {function.name} imports inside itself; move it to the top"
        for path in python_modules()
        for function in functions_of(path)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    assert not faults, told(faults)


def test_every_folder_of_the_product_stands_on_a_floor() -> None:
    known = set().union(*FLOORS)
    folders = {
        path.parts[2]
        for path in python_modules()
        if path.parts[:2] == ("src", "descant") and len(path.parts) > 3
    }
    assert folders <= known, f"no floor is known for {sorted(folders - known)}; see docs/house.md"


def test_code_does_not_import_the_tests() -> None:
    faults = [
        f"{path}: imports {name}"
        for path in python_modules()
        if path.parts[0] == "src"
        for name in imported_by(path)
        if name.split(".")[0] in ("tests", "bench", "tools")
    ]
    assert not faults, told(faults)


def imported_by(path: Path) -> list[str]:
    names: list[str] = []
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names.append(node.module or "")
    return names
