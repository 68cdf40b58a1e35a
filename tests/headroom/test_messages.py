"""Whatever the toolkit refuses or warns of is told on its pages, with the words that it uses and the cure."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TOOLKIT = ROOT / "src/django_headroom"
PAGES = (page.read_text(encoding="utf-8") for page in (ROOT / "docs/toolkit").rglob("*.md"))
TOLD = re.sub(r"\s+", " ", " ".join(PAGES).replace("`", "").replace("\\|", "|"))
STRETCH = 11  # as many letters of a message are enough to find it by
# Said to the module itself, which catches it.
INSIDE = [
    "The disk of … is full.",
    "others may write into …",
    "another process begins the file",
    "all connections are in use",
    "no connection",
    "the node has gone",
    "no answer in time",
    "it was given up while somebody waited for a connection",
    "it is not known where it is",
    "… is somebody else's",
]


def exceptions() -> Iterator[str]:
    """The names of what may be raised: the toolkit's own, and Python's and Django's."""
    for path in TOOLKIT.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef) and node.bases and not is_a_choice(node):
                yield node.name
    yield from ("DoesNotExist", "ImproperlyConfigured")


def is_a_choice(node: ast.ClassDef) -> bool:
    return any(ast.unparse(base).endswith(("Choices", "Enum")) for base in node.bases)


EXCEPTION = re.compile(rf"\b({'|'.join(sorted(set(exceptions())))}|\w+Error)$")


def messages() -> Iterator[tuple[str, str, list[str]]]:
    """Where a message is said, by whom (an exception, "log" or "check"), and its words without what is filled in."""
    for path in sorted(TOOLKIT.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            call, said = None, None
            if isinstance(node, ast.Call) and EXCEPTION.search(ast.unparse(node.func)):
                call, said = node, ast.unparse(node.func).split(".")[-1]
            elif isinstance(node, ast.Call) and ast.unparse(node.func) in ("_log.warning", "_log.error"):
                call, said = node, "log"
            elif isinstance(node, ast.Call) and re.fullmatch(
                r"checks\.(Error|Warning)|_error", ast.unparse(node.func)
            ):
                call, said = node, "check"
            words = [part for each in call.args for part in literals(each)] if call is not None else []
            if said and any(len(part) >= STRETCH for part in words):
                yield f"{path.relative_to(TOOLKIT)}:{node.lineno}", said, words


def literals(node: ast.expr) -> list[str]:
    if isinstance(node, ast.JoinedStr):
        return [str(part.value) for part in node.values if isinstance(part, ast.Constant)]
    return (
        re.split(r"%\w", node.value) if isinstance(node, ast.Constant) and isinstance(node.value, str) else []
    )


def is_told(words: list[str]) -> bool:
    stretches = (
        part[begin : begin + STRETCH] for part in words for begin in range(max(1, len(part) - STRETCH + 1))
    )
    return any(len(stretch) == STRETCH and stretch in TOLD for stretch in stretches)


ALL = list(messages())


@pytest.mark.parametrize(("place", "said", "words"), ALL, ids=[place for place, _said, _words in ALL])
def test_every_message_is_on_a_page(place: str, said: str, words: list[str]) -> None:
    if any("…".join(words).strip("…") == each.strip("…") for each in INSIDE):
        return
    assert said in ("log", "check") or re.search(rf"\b{said}\b", TOLD), f"{said} is on no page"
    assert is_told(words), f"no page has the words {'…'.join(words)!r}"


def test_every_check_is_on_a_page_by_its_number() -> None:
    code = " ".join(path.read_text(encoding="utf-8") for path in TOOLKIT.rglob("*.py"))
    numbers = set(re.findall(r"headroom\.[EW]\d{3}", code))
    assert len(numbers) > 5
    assert not [number for number in sorted(numbers) if number not in TOLD]
