"""The site's secret, made on first start and kept in its data folder."""

import os
import secrets
from pathlib import Path


def secret_in(file: Path) -> str:
    """The secret that stands in ``file``; written there first, for its owner only, if there is none.

    Processes that start together agree: a whole file is linked into place, and the first one wins.
    """
    if not file.exists():
        draft = file.with_name(f"{file.name}.{os.getpid()}")
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(50))
        try:
            os.link(draft, file)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return file.read_text()
