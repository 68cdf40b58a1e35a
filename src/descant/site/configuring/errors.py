"""What the toolkit is told of a site's errors."""

from pathlib import Path
from typing import Any

from descant.site.configuring.variables import Variables


def errors(said: Variables, data: Path) -> dict[str, Any]:
    """Of ``HEADROOM``: where errors wait and go, which code is ours, and what people write and no operator is shown."""
    return {
        "ERRORS_SECONDS": said.seconds("DESCANT_ERRORS_SECONDS", 1),
        "ERRORS_DSN": said.secret("DESCANT_ERRORS_DSN"),
        "ERRORS_KEYS": dict(each.split(":", 1) for each in said.words("DESCANT_ERRORS_KEYS") if ":" in each),
        "ERRORS_FOLDER": str(data / "errors"),
        "ERRORS_OWN": ("descant", "django_headroom"),
        "ERRORS_HIDDEN": ("text", "html", "raw", "body", "words", "author_name", "website", "form"),
        "ERRORS_CONTEXT": "descant.operate.touching.touched_by",
    }
