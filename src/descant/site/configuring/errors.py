"""What the toolkit is told of a site's errors, whatever its environment says."""

from pathlib import Path
from typing import Any


def errors(data: Path) -> dict[str, Any]:
    """Of ``HEADROOM``: where errors wait, which code is ours, and what people write and no operator is shown."""
    return {
        "ERRORS_FOLDER": str(data / "errors"),
        "ERRORS_OWN": ("descant", "django_headroom"),
        "ERRORS_HIDDEN": ("text", "html", "raw", "body", "words", "author_name", "website", "form"),
        "ERRORS_CONTEXT": "descant.operate.touching.touched_by",
    }
