"""`descant settings` says what a setting is and who says so, and no secret; a site with holes is not opened."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SECRET = "correct-horse-battery-staple-0123456789-abcdef"


def descant(folder: Path, *words: str, **said: str) -> subprocess.CompletedProcess[str]:
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("DESCANT_")},
        "DESCANT_DATA": str(folder),
        **said,
    }
    command = [sys.executable, "-m", "descant", *words]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("site")


def test_a_variable_is_told_with_its_origin_its_default_and_its_type(folder: Path) -> None:
    told = descant(folder, "settings", "--explain", "DESCANT_HOT_MB", DESCANT_HOT_MB="32").stdout
    assert told.splitlines() == [
        "DESCANT_HOT_MB = 32",
        "  from     the environment",
        "  default  64",
        "  may be   a whole number",
    ]


def test_what_the_file_says_is_told_with_the_file(folder: Path) -> None:
    (folder / "settings.py").write_text("EMAIL_TIMEOUT = 3\n")
    told = descant(folder, "settings", "--explain", "EMAIL_TIMEOUT").stdout
    (folder / "settings.py").unlink()
    assert told.splitlines() == ["EMAIL_TIMEOUT = 3", f"  from     {folder}/settings.py", "  default  None"]


def test_no_secret_is_shown(folder: Path) -> None:
    said = {
        "DESCANT_SECRET_KEY": SECRET,
        "DESCANT_MAIL_PASSWORD": SECRET,
        "DESCANT_AKISMET_KEY": SECRET,
        "DESCANT_DATABASE": f"postgresql://ann:{SECRET}@db.example/descant",
        "DESCANT_PARTITION_1": f"postgresql://ann:{SECRET}@db.example/descant_p1",
        "DESCANT_PURGE": f"https://ann:{SECRET}@cdn.example/purge",
    }
    listed = descant(folder, "settings", **said).stdout
    assert "DESCANT_DATABASE=" in listed
    explained = [
        descant(folder, "settings", "--explain", name, **said).stdout
        for name in ("DESCANT_DATABASE", "DATABASES", "SECRET_KEY", "CLASSIFIERS", "PURGES")
    ]
    assert all(explained)
    assert SECRET not in "".join([listed, *explained])


def test_a_name_that_is_none_is_answered_with_the_nearest(folder: Path) -> None:
    asked = descant(folder, "settings", "--explain", "DESCANT_HOT_BM")
    assert asked.returncode == 2
    assert (
        asked.stderr == "descant settings: There is no setting DESCANT_HOT_BM; do you mean DESCANT_HOT_MB?\n"
    )


def test_a_site_on_a_laptop_may_be_opened(folder: Path) -> None:
    checked = descant(folder, "settings", "--check")
    assert (checked.returncode, checked.stdout) == (0, "Nothing stands in the way of production.\n")


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("DEBUG = True", "DEBUG is on"),
        ("ALLOWED_HOSTS = ['*']", "takes any host"),
        ("SECRET_KEY = 'django-insecure-4x7w0q2m9k5j3h8g6f1d2s4a7z9c0v5b'", "can be guessed"),
        ("SECRET_KEY = 'a' * 60", "can be guessed"),
        ("EMAIL_TIMEOUT = None", "wait for ever for a mail server"),
        ("DATABASES['default'] = {'ENGINE': 'django.db.backends.postgresql'}", "waits for ever for a server"),
    ],
)
def test_a_site_with_a_hole_is_not_opened(line: str, told: str, folder: Path) -> None:
    (folder / "settings.py").write_text(line)
    checked = descant(folder, "settings", "--check")
    (folder / "settings.py").unlink()
    assert checked.returncode == 1
    assert told in checked.stdout


def test_serving_strangers_with_a_hole_is_refused_before_a_port_is_taken(tmp_path: Path) -> None:
    (tmp_path / "settings.py").write_text("DEBUG = True")
    served = descant(tmp_path, "serve", "--port", "1", DESCANT_URL="https://comments.example")
    assert served.returncode == 2
    assert "must not be opened so. DEBUG is on" in served.stderr
