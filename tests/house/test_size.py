"""Rule 5: small modules, small functions, few parameters, folders that can be read at a glance."""

from collections import defaultdict
from pathlib import Path

from tests.house.sources import CODE, Function, functions_of, project_files, python_modules, text_of, told

LINES_OF_A_MODULE = 300
LINES_OF_A_FUNCTION = 40
PARAMETERS = 5
# An act is called by keywords only, so that a long list of what it takes still reads well.
PARAMETERS_BY_KEYWORD = 9
ENTRIES_OF_A_FOLDER = 16
NOT_COUNTED = {"__init__.py", "__main__.py", "py.typed", "README.md"}  # they say what the others are


def test_a_module_has_at_most_300_lines() -> None:
    lengths = {path: len(text_of(path).splitlines()) for path in python_modules()}
    faults = [f"{path}: {lines} lines" for path, lines in lengths.items() if lines > LINES_OF_A_MODULE]
    assert not faults, told(faults)


def test_a_function_has_at_most_40_lines() -> None:
    faults = [
        f"{path}:{function.lineno}: {function.name} has {lines_of(function)} lines"
        for path in python_modules()
        for function in functions_of(path)
        if lines_of(function) > LINES_OF_A_FUNCTION
    ]
    assert not faults, told(faults)


def test_a_function_takes_few_parameters() -> None:
    faults = [
        f"{path}:{function.lineno}: {function.name} takes too many parameters"
        for path in python_modules()
        for function in functions_of(path)
        if takes_too_many(function)
    ]
    assert not faults, told(faults)


def test_a_folder_has_at_most_16_entries() -> None:
    entries: dict[Path, set[str]] = defaultdict(set)
    for path in project_files():
        for folder in path.parents:
            entries[folder].add(path.relative_to(folder).parts[0])
    faults = [
        f"{folder}: {len(counted(names))} entries"
        for folder, names in entries.items()
        if is_ours_to_arrange(folder) and len(counted(names)) > ENTRIES_OF_A_FOLDER
    ]
    assert not faults, told(faults)


def lines_of(function: Function) -> int:
    """Its length with its docstring: who reads it reads both."""
    return (function.end_lineno or function.lineno) - function.lineno + 1


def takes_too_many(function: Function) -> bool:
    arguments = function.args
    by_place = [argument.arg for argument in arguments.posonlyargs + arguments.args]
    by_place = [name for name in by_place if name not in ("self", "cls")]
    all_of_them = len(by_place) + len(arguments.kwonlyargs)
    return len(by_place) > PARAMETERS or all_of_them > PARAMETERS_BY_KEYWORD


def counted(names: set[str]) -> set[str]:
    return {name for name in names if name not in NOT_COUNTED and not name.startswith(".")}


def is_ours_to_arrange(folder: Path) -> bool:
    """Migrations grow by their nature, and so do samples of other people's files."""
    inside = {"migrations", "samples", "locale", "results"} & set(folder.parts)
    return not inside and (not folder.parts or folder.parts[0] in (*CODE, "docs", "deploy"))
