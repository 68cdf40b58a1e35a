"""Takes the gazette along, and brings it into the empty forum that stands for another site."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from descant.exchange.importing import run_import
from descant.exchange.leaving.exporting import run_export
from descant.forums.models import Forum
from descant.forums.opening import open_forum
from tests.descant.conftest import Cast
from tests.descant.exchange.exactness import assert_exact

READ_AS = {"disqus": "disqus", "wxr": "wordpress", "native": "native"}


@pytest.fixture
def herald(cast: Cast) -> Forum:
    """An empty forum on the other partition."""
    return open_forum(name="herald", domains=["herald.example"], partition="p2")


@pytest.fixture
def export(cast: Cast, tmp_path: Path) -> Callable[..., Path]:
    """export("disqus") writes the gazette into a file."""

    def write(format: str, forum: Forum | None = None, **options: Any) -> Path:
        path = tmp_path / f"{(forum or cast.gazette).name}.{format}"
        run_export(format=format, forum=forum or cast.gazette, path=path, **options)
        return path

    return write


@pytest.fixture
def move(export: Callable[..., Path], herald: Forum) -> Callable[..., Forum]:
    """move("disqus") brings the gazette into the herald, and checks that it is exact there."""

    def write_and_read(format: str, forum: Forum | None = None, to: Forum | None = None) -> Forum:
        path = export(format, forum)
        report = run_import(format=READ_AS[format], path=path, forum=to or herald)
        assert report.adds_up()
        assert report.comments.skipped == report.comments.merged == 0
        assert_exact(to or herald)
        return to or herald

    return write_and_read
