"""Where a request comes from."""

from typing import Any

import pytest
from django.test import RequestFactory

from descant.accounts.network import client_address


def asked(address: str, forwarded: str = "") -> str:
    return client_address(RequestFactory().get("/", REMOTE_ADDR=address, HTTP_X_FORWARDED_FOR=forwarded))


def test_nobody_is_believed_who_is_not_named(settings: Any) -> None:
    settings.DESCANT_TRUSTED_PROXIES = []
    assert asked("192.0.2.7", "198.51.100.1") == "192.0.2.7"


@pytest.mark.parametrize(
    ("forwarded", "address"),
    [
        ("198.51.100.1", "198.51.100.1"),
        ("203.0.113.9, 198.51.100.1", "198.51.100.1"),
        ("198.51.100.1, 10.1.2.3", "198.51.100.1"),
        ("nonsense, 198.51.100.1", "198.51.100.1"),
        ("198.51.100.1, nonsense", "10.0.0.1"),
        ("", "10.0.0.1"),
    ],
)
def test_named_proxies_are_believed_up_to_the_first_stranger(
    settings: Any, forwarded: str, address: str
) -> None:
    settings.DESCANT_TRUSTED_PROXIES = ["10.0.0.0/8"]
    assert asked("10.0.0.1", forwarded) == address


def test_a_home_of_ipv6_counts_as_one(settings: Any) -> None:
    settings.DESCANT_TRUSTED_PROXIES = []
    assert asked("2001:db8:1:2:3::4") == asked("2001:db8:1:2:ffff::1") == "2001:db8:1:2::/64"
    assert asked("::ffff:192.0.2.7") == "192.0.2.7"
    assert asked("") == ""
