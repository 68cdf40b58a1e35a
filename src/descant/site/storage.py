"""The names of static files: each with a hash of its content, also where one script imports another."""

from pathlib import PurePosixPath

from django.core.files.base import ContentFile, File
from whitenoise.storage import CompressedManifestStaticFilesStorage

from descant.embed.lean import lean

OWN = "descant/"


class HashedFiles(CompressedManifestStaticFilesStorage):
    """Django's manifest storage with the imports of native modules rewritten, so that no module is loaded twice."""

    support_js_module_import_aggregation = True

    def _save(self, name: str, content: File) -> str:
        is_source = PurePosixPath(name).suffix in (".js", ".css")
        if name.startswith(OWN) and is_source:
            content.seek(0)  # it was read to its end for the hash
            content = ContentFile(lean(content.read().decode()).encode())
        saved: str = super()._save(name, content)
        return saved
