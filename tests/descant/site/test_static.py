"""The static files as a site serves them: hashed, whole, without comments, importing each other by their hashes."""

import json
import re
from pathlib import Path

from django.conf import settings


def test_our_scripts_are_served_whole_and_import_each_other_by_hash(db: None) -> None:
    root = Path(settings.STATIC_ROOT)
    names = json.loads((root / "staticfiles.json").read_text())["paths"]
    own = {name: (root / hashed).read_text() for name, hashed in names.items() if name.startswith("descant/")}
    assert len(own["descant/frame.js"]) > 2_000
    for name, text in own.items():
        assert text.strip(), name
        assert not re.search(r"^\s*(/\*|//)", text, re.MULTILINE), name
        for imported in re.findall(r"from '([^']+)'|from \"([^\"]+)\"", text):
            assert re.search(r"\.[0-9a-f]{12}\.js$", "".join(imported)), (name, imported)
