"""The domains of a forum: how they are written, which pages are on them, and what browsers are told."""

import pytest

from descant.forums.domains import BadDomain, PageOutside, as_host, check_page, frame_ancestors
from descant.forums.models import Forum
from descant.forums.opening import open_forum

FOREIGN = [
    "http://gazette.example:8001/",
    "http://gazette.example/",
    "https://a.blog.example:8443/",
    "https://shop.example/",
    "https://other.example/",
    "https://gazette.example.other.example/",
    "https://notgazette.example/",
    "https://www.gazette.example/",
    "https://gazette.example@other.example/",
    "https://other.example\\@gazette.example/",
    "https://gazette.example\n.other.example/",
    "https://[gazette.example]/",
    "ftp://gazette.example/",
    "//gazette.example/",
    "javascript://gazette.example/%0aalert(1)",
    "https://",
    "http://[::1]:8001/",
    "http://[::1]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[::1/",
]


@pytest.fixture
def forum(db: None) -> Forum:
    domains = ["gazette.example:443", "*.blog.example", "shop.example:8443", "localhost"]
    return open_forum(name="gazette", domains=domains, partition="p1")


@pytest.mark.parametrize("url", FOREIGN)
def test_a_page_on_another_host_is_outside(forum: Forum, url: str) -> None:
    with pytest.raises(PageOutside):
        check_page(forum, url)


def test_a_page_on_a_domain_is_inside(forum: Forum) -> None:
    for url in (
        "https://gazette.example/bread",
        "https://gazette.example:443/bread",
        "http://a.blog.example/",
        "https://A.B.Blog.Example./",
        "https://shop.example:8443/",
        "http://localhost:5173/",
    ):
        check_page(forum, url)


@pytest.mark.parametrize("written", ["[::1]", "http://[::1]:8000/", "[2001:db8::1]:443", "http://[::1"])
def test_an_ipv6_address_is_no_domain_for_browsers_cannot_be_told_of_it(written: str) -> None:
    with pytest.raises(BadDomain, match="let the page be opened by a name"):
        as_host(written)


@pytest.mark.parametrize(
    "written", ["", "*", "a b.example", "a.example; script-src *", "'self'", "::1", "a.example:x"]
)
def test_what_is_no_host_is_refused(written: str) -> None:
    with pytest.raises(BadDomain):
        as_host(written)


def test_browsers_are_told_of_each_domain(forum: Forum) -> None:
    assert set(frame_ancestors(forum).split()) == {
        "'self'",
        "https://gazette.example:443",
        "http://gazette.example:443",
        "https://*.blog.example",
        "http://*.blog.example",
        "https://shop.example:8443",
        "http://shop.example:8443",
        "https://localhost:*",
        "http://localhost:*",
    }
