"""Where the file lies by which the processes of a site on one machine know what is old."""

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
