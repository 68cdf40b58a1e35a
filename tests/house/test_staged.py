"""The hook before a commit refuses a staged file that breaks a rule, and looks at no other."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.sources import ROOT

FAULTS = {
    "import os\n": "F401",
    '"""A sentence."""\n\n\ndef f():\n    import os\n\n    return os\n': "imports inside itself",
    "x = 1\n": "begin with one sentence",
}


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """As much of the project as the hook needs."""
    for part in ("tools", "tests/house"):
        shutil.copytree(ROOT / part, tmp_path / part)
    for file in ("pyproject.toml", "tests/__init__.py"):
        shutil.copy(ROOT / file, tmp_path / file)
    return tmp_path


def hook(folder: Path, *files: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "tools/staged.py", *files]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("written", FAULTS)
def test_a_fault_is_refused_with_its_cure(written: str, checkout: Path) -> None:
    (checkout / "tests" / "new.py").write_text(written)
    told = hook(checkout, "tests/new.py")
    assert told.returncode == 1
    assert FAULTS[written] in told.stdout
    assert "`make tidy` mends what can be" in told.stdout


def test_no_other_file_is_looked_at(checkout: Path) -> None:
    (checkout / "tests" / "new.py").write_text("import os\n")
    told = hook(checkout, "tools/staged.py", "tests/house/sources.py")
    assert (told.returncode, told.stdout) == (0, "")


def test_what_is_staged_is_what_is_checked(checkout: Path) -> None:
    subprocess.run(["git", "init", "-q", "."], cwd=checkout, check=True)
    assert hook(checkout).returncode == 0
    (checkout / "tests" / "new.py").write_text("import os\n")
    subprocess.run(["git", "add", "tests/new.py"], cwd=checkout, check=True)
    assert hook(checkout).returncode == 1
