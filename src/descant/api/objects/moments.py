"""Times as the API tells them."""

from datetime import UTC, datetime


def moment(at: datetime) -> str:
    """``2008-06-10T02:31:43``, in UTC."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
