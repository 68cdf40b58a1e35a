"""The names of static files: each with a hash of its content, also where one script imports another."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedFiles(CompressedManifestStaticFilesStorage):
    """Django's manifest storage with the imports of native modules rewritten, so that no module is loaded twice."""

    support_js_module_import_aggregation = True
