"""The reference of settings and of commands, and every command that a page shows, are as the code has them."""

import ast
import re
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from descant.discussion.judging.scoring import score
from descant.site.command import COMMANDS
from descant.site.configuring.variables import OF_DATABASES, OF_TESTS, READ_ELSEWHERE
from tests.house.sources import project_files, python_modules, text_of, told, tree_of

SETTINGS = Path("docs/reference/settings.md")
COMMAND_PAGE = Path("docs/reference/commands.md")
NAME = re.compile(r"DESCANT_[A-Z0-9]+(?:_[A-Z0-9]+)*")
REPLICAS = {"DESCANT_DATABASE_REPLICAS", "DESCANT_PARTITION_N_REPLICAS"}
WITHOUT_A_MODULE = {"help", "version", "manage", "--version"}


def test_every_variable_that_is_read_has_its_heading_and_no_other_has() -> None:
    assert set(headings()) == set(variables())


def test_no_variable_that_is_read_is_refused_as_unknown() -> None:
    names = ("settings.py", "configuring/databases.py", "configuring/errors.py", "configuring/observing.py")
    settings = [Path("src/descant/site") / name for name in names]
    read = {variable_in(node) for path in settings for node in ast.walk(tree_of(path))}
    known = read | READ_ELSEWHERE
    unknown = [name for name in variables() if name not in known and not is_of_databases_or_tests(name)]
    assert not unknown, f"read {unknown} in the settings, or write them in READ_ELSEWHERE"


def is_of_databases_or_tests(name: str) -> bool:
    written = name.replace("_N", "_1")
    return bool(OF_DATABASES.fullmatch(written) or OF_TESTS.fullmatch(written))


def test_a_default_is_the_codes() -> None:
    faults = []
    for name, default in variables().items():
        written = re.search(r"Default:\s+(?:`([^`]*)`|(\w+))", headings()[name])
        if written is None:
            faults.append(f"{name}: say its default")
        elif default and default not in (written[1], written[2]):
            faults.append(f"{name}: the page says {written[1] or written[2]!r}, the code {default!r}")
    assert not faults, told(faults)


def test_pages_name_no_variable_that_nobody_reads() -> None:
    known = set(variables()) | {"DESCANT_TEST_DATABASE", "DESCANT_TEST_POSTGRESQL"}
    faults = []
    for page in pages():
        for name in NAME.findall(text_of(page)):
            if re.sub(r"_[0-9]+", "_N", name) not in known:
                faults.append(f"{page}: {name}")
    assert not faults, told(faults)


def test_every_command_on_a_page_is_one_that_there_is() -> None:
    shown = [(page, command) for page in pages() for command in commands_on(page)]
    assert len(shown) > 40
    wrong = [(page, " ".join(command), what_is_wrong(command)) for page, command in shown]
    faults = [f"{page}: {command}: {lack}" for page, command, lack in wrong if lack]
    assert not faults, told(faults)


@pytest.mark.parametrize(
    "command", ["shut gazette", "forum close gazette", "forum open gazette --colour red"]
)
def test_a_command_that_is_not_there_is_seen(command: str) -> None:
    assert what_is_wrong(["descant", *command.split()])


@pytest.mark.parametrize("name", COMMANDS)
def test_the_reference_tells_of_every_verb_and_option(name: str) -> None:
    part = sections(COMMAND_PAGE, "##")[f"descant {name}"]
    missing = [f"{name} {verb}" for verb in verbs_of(name) if f"descant {name} {verb}" not in part]
    missing += [option for option in options_of(name) if not re.search(rf"(?<![\w-]){option}(?![\w-])", part)]
    assert not missing, f"write in {COMMAND_PAGE}, under `descant {name}`, of {missing}"


def test_the_scores_of_the_best_order_are_the_codes() -> None:
    rows = re.findall(
        r"^\| (\d+) \| (\d+) \| (-?\d\.\d{3}) \|$", text_of(Path("docs/writing.md")), re.MULTILINE
    )
    assert len(rows) > 5
    faults = [row for row in rows if f"{score(int(row[0]), int(row[1])) + 0.0:.3f}" != row[2]]
    assert not faults


def pages() -> Iterator[Path]:
    """What is written for people who use Descant; decisions and the toolkit's pages are included."""
    return (path for path in project_files() if path.suffix == ".md")


def headings() -> Mapping[str, str]:
    return sections(SETTINGS, "###")


def sections(page: Path, level: str) -> dict[str, str]:
    """What stands under each heading of a level, up to the next heading of it or of one above."""
    found = re.split(rf"^(#{{1,{len(level)}}}) +(.+)$", text_of(page), flags=re.MULTILINE)
    parts = zip(found[1::3], found[2::3], found[3::3], strict=True)
    return {title: part for sign, title, part in parts if sign == level}


def variables() -> dict[str, str]:
    """Each variable that the code reads or tells its programs, with its default where that is one plain text."""
    found: dict[str, str] = dict.fromkeys(REPLICAS, "")
    for path in python_modules():
        if path.parts[0] != "src":
            continue
        for node in ast.walk(tree_of(path)):
            name = variable_in(node)
            if name:
                found.setdefault(name, "")
            if isinstance(node, ast.Call) and len(node.args) == 2 and variable_in(node.args[0]):
                default = node.args[1]
                if isinstance(default, ast.Constant) and default.value:
                    found[variable_in(node.args[0])] = str(default.value)
    return found


def variable_in(node: ast.AST) -> str:
    """The variable that a text names, alone; what is filled in is a number: ``DESCANT_PARTITION_N``."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        written = node.value
    elif isinstance(node, ast.JoinedStr):
        written = "".join(str(part.value) if isinstance(part, ast.Constant) else "N" for part in node.values)
    else:
        return ""
    written = re.sub(r"_[0-9]+$", "_N", written)
    return written if NAME.fullmatch(written) else ""


def commands_on(page: Path) -> Iterator[list[str]]:
    """The commands that stand in a page's blocks of code and between backquotes, as lists of words."""
    for line in shown_lines(text_of(page)):
        words = shlex.split(line.split(" | ")[0].replace("…", ""), comments=True)
        names = [number for number, word in enumerate(words) if word.rpartition("/")[2] == "descant"]
        if names and len(words) > names[-1] + 1:
            yield ["descant", *words[names[-1] + 1 :]]


def shown_lines(text: str) -> Iterator[str]:
    fences = "\n".join(re.findall(r"^```(?:sh)?\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL))
    prose = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    for line in [*fences.splitlines(), *re.findall(r"^ {4,}(.+)$", prose, flags=re.MULTILINE)]:
        if re.match(r"(?:\S*/)?descant ", line):
            yield line
    yield from (line for line in re.findall(r"`([^`\n]+)`", prose) if re.match(r"descant [^A-Z]", line))


def what_is_wrong(command: list[str]) -> str:
    name, words = command[1], command[2:]
    if name in WITHOUT_A_MODULE:
        return ""
    if name not in COMMANDS:
        return "there is no such command"
    verbs = verbs_of(name)
    if verbs and words and words[0] not in verbs:
        return f"its verbs are {sorted(verbs)}"
    strange = {word for word in words if word.startswith("--")} - options_of(name) - {"--help"}
    return f"it has no {sorted(strange)}" if strange else ""


def verbs_of(name: str) -> set[str]:
    return {text for call, text in texts_given(name) if call == "add_parser"}


def options_of(name: str) -> set[str]:
    """The options of a command's module; those that are kept out of its help are nobody's to use."""
    return {text for call, text in texts_given(name) if call == "add_argument" and text.startswith("--")}


def texts_given(name: str) -> Iterator[tuple[str, str]]:
    """The first text of each call that adds a verb or an argument."""
    for node in ast.walk(tree_of(Path("src") / f"{COMMANDS[name].replace('.', '/')}.py")):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args):
            continue
        given = ast.unparse(node)
        first = node.args[0]
        if not isinstance(first, ast.Constant) or "SUPPRESS" in given:
            continue
        yield node.func.attr, str(first.value)
        if "BooleanOptionalAction" in given:
            yield node.func.attr, str(first.value).replace("--", "--no-")
