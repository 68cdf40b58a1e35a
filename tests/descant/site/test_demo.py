"""The demo's articles stand on their own and carry the one line."""

import base64
import hashlib
import re
from typing import Any

import pytest
from django.test import RequestFactory

from descant.site.demo import ARTICLES, application, demo_index


@pytest.fixture(autouse=True)
def _a_demo(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESCANT_DEMO", "1")
    monkeypatch.setenv("DESCANT_DEMO_FORUM", "gazette")
    monkeypatch.setenv("DESCANT_DEMO_URL", "http://127.0.0.1:8001")
    monkeypatch.setenv("DESCANT_SERVICE_URL", "http://localhost:8000")


@pytest.mark.parametrize("slug", [article.slug for article in ARTICLES])
def test_an_article_carries_the_one_line(slug: str) -> None:
    status, headers, page = asked(f"/{slug}")
    assert status == "200 OK"
    assert '<div id="discussion"></div>' in page
    assert '<script async src="http://localhost:8000/embed.js" data-forum="gazette"></script>' in page
    link = f"http://localhost:8000/embed/comments/?f=gazette&amp;t_u=http%3A%2F%2F127.0.0.1%3A8001%2F{slug}"
    assert f'<noscript><a href="{link}">' in page
    assert_policy_fits(headers["Content-Security-Policy"], page)


def test_the_paper_lists_its_articles() -> None:
    status, headers, page = asked("/")
    assert status == "200 OK"
    for article in ARTICLES:
        assert f'href="/{article.slug}"' in page
        assert f'href="http://127.0.0.1:8001/{article.slug}#disqus_thread"' in page
    assert_policy_fits(headers["Content-Security-Policy"], page)


def test_a_page_that_is_not_there_is_a_404() -> None:
    assert asked("/nothing")[0] == "404 Not Found"


def test_the_first_page_of_the_service_leads_to_the_demo() -> None:
    response = demo_index(RequestFactory().get("/", headers={"host": "localhost"}))
    page = response.content.decode()
    assert 'href="http://127.0.0.1:8001/harbours"' in page
    assert_policy_fits(response["Content-Security-Policy"], page)


def test_without_a_demo_the_first_page_says_how_to_begin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESCANT_DEMO", "0")
    page = demo_index(RequestFactory().get("/", headers={"host": "localhost"})).content.decode()
    assert "descant forum open" in page
    assert "8001" not in page


def asked(path: str) -> tuple[str, dict[str, str], str]:
    answer: dict[str, Any] = {}

    def start(status: str, headers: list[tuple[str, str]]) -> None:
        answer.update(status=status, headers=dict(headers))

    body = b"".join(application({"PATH_INFO": path, "REQUEST_METHOD": "GET"}, start))
    assert answer["headers"]["Content-Length"] == str(len(body))
    return answer["status"], answer["headers"], body.decode()


def assert_policy_fits(policy: str, page: str) -> None:
    """The one inline style is allowed by its hash, and nothing else on the page would need more."""
    (style,) = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in policy
    assert "unsafe-inline" not in policy
    assert " style=" not in page
    assert not re.search(r"<script(?![^>]* src=)", page)
