"""axe-core, from its package, let loose on a document: which rules of WCAG 2.2 A and AA it breaks."""

from pathlib import Path
from typing import Any

import axe_core_python
from playwright.sync_api import Frame, Page

SOURCE = (Path(axe_core_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
LEVELS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
# The document is told apart from the frames in it, which are asked on their own.
RUN = "levels => axe.run(document, { runOnly: levels, iframes: false, resultTypes: ['violations'] })"


def violations(document: Page | Frame) -> list[str]:
    """Each fault as one line; run beside the page's own scripts, so that its policy does not stand in the way."""
    if not document.evaluate("typeof window.axe === 'object'"):
        document.evaluate(SOURCE)
    found: dict[str, Any] = document.evaluate(RUN, LEVELS)
    return [
        f"{fault['id']}: {fault['help']} – {node['html'][:160]} ({node['failureSummary']})"
        for fault in found["violations"]
        for node in fault["nodes"]
    ]
