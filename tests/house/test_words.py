"""Rules 3, 4, 7 and 12: what a module opens with, how things are named, and what must not be written down."""

import ast
import re
import tomllib
from pathlib import Path

from tests.house.sources import ROOT, project_files, python_modules, text_of, told, tree_of

EMPTY_WORDS = {"util", "utils", "helper", "helpers", "common", "misc"}
EMPTY_ENDINGS = {"data", "info", "manager", "service", "services"}
EMPTY_BEGINNINGS = {"handle", "process"}
# Names that Django, a library or the contract of Disqus asks for.
ASKED_FOR = {
    "count_data",
    "get_context_data",
    "get_signup_form_initial_data",
    "process_exception",
    "process_request",
    "process_response",
    "process_template_response",
    "process_view",
    "handle_starttag",
    "handle_startendtag",
    "handle_endtag",
    "handle_data",
    "handle_one_request",
    "handle_error",
    "setUpTestData",
}

# Written in pieces, so that this file does not break its own rule.
MACHINE_PATH = re.compile(r"(?<![\w./:-])/(?:wo" + r"rk|ro" + r"ot|ho" + r"me/\w+|tm" + r"p)/[\w.]")
REGISTRY = re.compile("pypi" + r"\.org|python" + r"hosted\.org|npm" + r"js\.org|deb\." + r"debian\.org")
TEXT = {".py", ".md", ".toml", ".txt", ".sh", ".js", ".html", ".css", ".yml", ".yaml", ".cfg", ""}


def test_a_module_opens_with_a_sentence() -> None:
    faults = [
        f"{path}: begin with one sentence that says what it is for"
        for path in python_modules()
        if path.name != "__init__.py" and not ast.get_docstring(tree_of(path))
    ]
    assert not faults, told(faults)


def test_no_name_is_empty() -> None:
    faults = [f"{path}: its name says nothing" for path in python_modules() if is_empty(path.stem)]
    for path in python_modules():
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and is_empty(
                node.name
            ):
                faults.append(f"{path}:{node.lineno}: {node.name} says nothing; use a word of the field")
    assert not faults, told(faults)


def is_empty(name: str) -> bool:
    if name in ASKED_FOR or name.startswith("test_"):
        return False
    words = [word.lower() for word in re.findall(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])", name)]
    if not words:
        return False
    if EMPTY_WORDS & set(words) or words[-1] in EMPTY_ENDINGS:
        return True
    return words[0] in EMPTY_BEGINNINGS and len(words) > 1


def test_no_query_takes_all_rows_unasked() -> None:
    faults = [
        f"{path}:{node.lineno}: say which rows, and whose: .objects.all() says neither"
        for path in python_modules()
        if path.parts[0] == "src"
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(".objects.all")
    ]
    assert not faults, told(faults)


def test_nothing_names_a_machine_or_a_registry() -> None:
    faults = []
    for path in project_files():
        if path.suffix not in TEXT or "samples" in path.parts:
            continue
        for number, line in enumerate(text_of(path).splitlines(), start=1):
            if MACHINE_PATH.search(line) or REGISTRY.search(line):
                faults.append(f"{path}:{number}: {line.strip()[:80]}")
    assert not faults, told(faults)


def test_every_dependency_has_its_page() -> None:
    wanted = tomllib.loads(text_of(Path("pyproject.toml")))["project"]["dependencies"]
    names = [re.split(r"[^\w-]", requirement)[0].lower() for requirement in wanted]
    pages = {path.stem for path in (ROOT / "docs/decisions/dependencies").rglob("*.md")}
    assert set(names) <= pages, f"write docs/decisions/dependencies/ for {sorted(set(names) - pages)}"


def test_every_tool_of_the_workshop_is_explained() -> None:
    project = tomllib.loads(text_of(Path("pyproject.toml")))["project"]
    tools = project["optional-dependencies"]["dev"]
    page = text_of(Path("docs/decisions/dependencies/workshop.md"))
    missing = [tool for tool in tools if f"| {tool} |" not in page]
    assert not missing, f"say in workshop.md what {missing} are for"


def test_every_dependency_is_pinned() -> None:
    project = tomllib.loads(text_of(Path("pyproject.toml")))["project"]
    wanted = project["dependencies"] + project["optional-dependencies"]["dev"]
    pinned = {line.split("==")[0].lower() for line in text_of(Path("constraints.txt")).splitlines()}
    missing = [name for name in wanted if re.split(r"[^\w-]", name)[0].lower() not in pinned]
    assert not missing, f"pin {missing} in constraints.txt"
