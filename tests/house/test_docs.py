"""Every link in the documentation leads to a file, and to a heading, that is there; and so does every test's name."""

import re
from pathlib import Path

from tests.house.sources import ROOT, project_files, text_of, told

LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)|(?:src|href)=\"([^\"]+)\"")
CODE = re.compile(r"^```.*?^```|`[^`\n]*`", re.MULTILINE | re.DOTALL)
TEST = re.compile(r"`(?:[\w/]+/)?(test_\w+)(?:\.py)?`")
ELSEWHERE = re.compile(r"^[a-z][a-z+.-]*:|^//", re.IGNORECASE)


def test_every_link_leads_somewhere() -> None:
    faults = []
    for page in (path for path in project_files() if path.suffix == ".md"):
        for target in links_of(page):
            if not leads_somewhere(page, target):
                faults.append(f"{page}: {target}")
    assert not faults, told(faults)


def test_every_test_that_is_named_is_there() -> None:
    tests = [path for path in project_files() if path.suffix == ".py" and path.parts[0] == "tests"]
    known = {name for path in tests for name in re.findall(r"^def (test_\w+)", text_of(path), re.MULTILINE)}
    known |= {path.stem for path in tests}
    pages = [path for path in project_files() if path.suffix == ".md"]
    faults = [
        f"{page}: {name}" for page in pages for name in TEST.findall(text_of(page)) if name not in known
    ]
    assert not faults, told(faults)


def links_of(page: Path) -> list[str]:
    prose = CODE.sub("", text_of(page))
    return [one or other for one, other in LINK.findall(prose)]


def leads_somewhere(page: Path, target: str) -> bool:
    if ELSEWHERE.match(target):
        return True  # another site's page is not ours to check
    name, _, heading = target.partition("#")
    path = (ROOT / page.parent / name).resolve() if name else ROOT / page
    if not path.exists():
        return False
    return not heading or path.suffix != ".md" or heading in anchors_of(path)


def anchors_of(path: Path) -> set[str]:
    """The anchors that a Markdown page's headings get: lower case, punctuation away, spaces to dashes."""
    prose = re.sub(r"^```.*?^```", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^#{1,6} +(.+?) *#*$", prose, flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
