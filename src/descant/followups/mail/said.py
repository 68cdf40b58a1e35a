"""What a letter says, before it is a mail."""

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Said:
    """Which template, its subject, and what the template needs."""

    template: str
    subject: str
    sender: str = ""  # whom the letter is from, by name
    given: dict[str, Any] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
