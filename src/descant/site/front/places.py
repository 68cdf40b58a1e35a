"""Where the processes of a site on one machine tell each other what is old, and how they do."""

import hashlib
import os
from pathlib import Path

SHARED_MEMORY = Path("/dev/shm")


def freshness_file(data: Path) -> Path:
    """In shared memory, with a name that only this site on this machine has; in its data folder where there is none."""
    if not os.access(SHARED_MEMORY, os.W_OK | os.X_OK):
        return data / "freshness"
    site = hashlib.blake2b(f"{os.geteuid()}{data}".encode(), digest_size=8).hexdigest()
    return SHARED_MEMORY / f"descant-{site}"


def metrics_folder(data: Path) -> Path:
    """Beside it, for what changes with each request and is worth nothing after a restart of the machine."""
    return Path(f"{freshness_file(data)}-metrics")
