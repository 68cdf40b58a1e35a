"""What the rules of the house are held against: the project's files, and its Python modules as trees."""

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CODE = ("src", "tests", "bench", "tools")

Function = ast.FunctionDef | ast.AsyncFunctionDef


_looked_at: list[Path] = []


def look_at_these_alone(files: list[Path]) -> None:
    """Hold the rules against these files, relative to the root, and no others, in this process."""
    _looked_at[:] = files


@cache
def project_files() -> tuple[Path, ...]:
    """Every file that is, or would be, committed, or those that were named; paths relative to the root."""
    if _looked_at:
        return tuple(_looked_at)
    listing = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    names = subprocess.run(listing, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    return tuple(sorted({Path(name) for name in names if name and (ROOT / name).is_file()}))


def text_of(path: Path) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


@cache
def python_modules() -> tuple[Path, ...]:
    """Our own modules. Migrations are written by Django, and their length is not ours to choose."""
    ours = [path for path in project_files() if path.suffix == ".py" and path.parts[0] in CODE]
    return tuple(path for path in ours if "migrations" not in path.parts)


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(text_of(path), filename=str(path))


def functions_of(path: Path) -> Iterator[Function]:
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def told(faults: list[str]) -> str:
    """The faults as a test's message, one a line."""
    return "\n" + "\n".join(faults)
