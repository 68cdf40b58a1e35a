"""Writes a file, and reads it without a database or brings it into the gazette."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from descant.exchange.arriving import comments as arriving_comments
from descant.exchange.arriving import threads as arriving_threads
from descant.exchange.importing import run_import
from descant.exchange.report import Report
from tests.descant.conftest import Cast
from tests.descant.exchange.exactness import assert_exact
from tests.descant.exchange.files import Sorted, read


@pytest.fixture
def sort_text(tmp_path: Path) -> Callable[..., Sorted]:
    """sort_text(disqus(…)) or sort_text(wordpress(…), "wordpress")"""

    def write_and_read(text: str, format_name: str = "disqus", **choices: str | bool) -> Sorted:
        path = tmp_path / "export.xml"
        path.write_text(text, encoding="utf-8")
        return read(path, format_name, **choices)

    return write_and_read


@pytest.fixture
def bring(cast: Cast, tmp_path: Path) -> Callable[..., Report]:
    """bring(disqus(…)) imports into the gazette and checks that the forum is exact afterwards."""

    def import_text(text: str, **options: Any) -> Report:
        path = tmp_path / "export.xml"
        path.write_text(text, encoding="utf-8")
        report = run_import(**{"format": "disqus", "path": path, "forum": cast.gazette, **options})
        assert report.adds_up()
        assert_exact(options.get("forum", cast.gazette))
        return report

    return import_text


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arriving_comments, "CHUNK", 7)
    monkeypatch.setattr(arriving_threads, "CHUNK", 3)
