"""What is kept of a failure."""

import traceback


def written_failure() -> str:
    """The traceback of the exception at hand, as every database takes it.

    A stranger's words may stand in it, with NUL or half a surrogate, which no column holds: then the failure could not
    be written down, and what failed would be tried for ever.
    """
    written = traceback.format_exc().replace("\0", "\\0")
    return written.encode("utf-8", "backslashreplace").decode()
