"""A program that goes wrong in several ways, written to a file so that it can be edited between two errors."""

import importlib.util
import linecache
from pathlib import Path
from types import ModuleType

BAKERY = """
def weigh(loaf, scale):
    if scale is None:
        raise ValueError(f"no scale for {loaf}")
    return loaf / scale


def bake(loaf, depth=0):
    if depth:
        return bake(loaf, depth - 1)
    return weigh(loaf, 0)


def sell(loaf):
    try:
        weigh(loaf, None)
    except ValueError as error:
        raise LookupError("cannot be sold") from error
"""


def opened(folder: Path, source: str = BAKERY) -> ModuleType:
    """The program as the file has it now."""
    file = folder / "bakery.py"
    file.write_text(source, encoding="utf-8")
    linecache.clearcache()
    spec = importlib.util.spec_from_file_location("bakery", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    exec(compile(source, str(file), "exec"), module.__dict__)
    return module
