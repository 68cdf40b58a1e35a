"""By which address those who watch are counted."""

from types import SimpleNamespace
from typing import Any

import pytest

from descant.site.front.streams import address_in


class Headers:
    """As Granian gives them."""

    def __init__(self, *forwarded_for: str) -> None:
        self.forwarded_for = [*forwarded_for]

    def get(self, name: str) -> str | None:
        return self.forwarded_for[0] if self.forwarded_for else None

    def get_all(self, name: str) -> list[str]:
        return self.forwarded_for


@pytest.mark.parametrize(
    ("forwarded_for", "address"),
    [
        ((), "127.0.0.1"),
        (("198.51.100.7",), "198.51.100.7"),
        (("203.0.113.9, 198.51.100.7",), "198.51.100.7"),
        (("203.0.113.9", "198.51.100.7"), "198.51.100.7"),
    ],
)
def test_who_says_to_be_another_is_counted_by_what_the_proxy_says(
    settings: Any, forwarded_for: tuple[str, ...], address: str
) -> None:
    """HAProxy adds a second header to the one that a stranger has sent."""
    settings.DESCANT_TRUSTED_PROXIES = ["127.0.0.1"]
    scope = SimpleNamespace(client="127.0.0.1:4711", headers=Headers(*forwarded_for))
    assert address_in(scope) == address
