"""A small paper with three articles, on a site of its own, to see the discussion where it belongs: under a text.

Run as a program (`python -m descant.site.demo PORT`) it is that site. `demo_index` is the first page of the service.
"""

import base64
import hashlib
import os
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from django.http import HttpRequest, HttpResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

TEMPLATES = Path(__file__).parent / "templates" / "demo"
STYLE = (TEMPLATES / "style.css").read_text(encoding="utf-8")

pages = Environment(
    loader=FileSystemLoader(TEMPLATES),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


@dataclass(frozen=True)
class Article:
    """One article; its text is the template of the same name."""

    slug: str
    title: str
    lead: str
    author: str
    minutes: int


ARTICLES = (
    Article(
        "harbours",
        "The hour before the boats",
        "A harbour is never so large as when nothing in it moves.",
        "Maren Holt",
        3,
    ),
    Article(
        "bread",
        "What the dough knows",
        "Flour, water, salt and time. Three of them can be bought.",
        "Elias Brandt",
        3,
    ),
    Article(
        "night-trains",
        "Asleep across four borders",
        "The night train is slower than the aeroplane and arrives sooner.",
        "Ines Quintal",
        3,
    ),
)


def demo_index(request: HttpRequest) -> HttpResponse:
    """The first page of the service: where the demo is, if there is one, and what to do next."""
    has_demo = os.environ.get("DESCANT_DEMO") == "1"
    service = request.build_absolute_uri("/").rstrip("/")
    response = HttpResponse(drawn("service.html", service, has_demo=has_demo))
    response["Content-Security-Policy"] = policy("'self'")
    return response


def drawn(template: str, service: str, **values: object) -> str:
    return pages.get_template(template).render(
        articles=ARTICLES,
        style=STYLE,
        service=service,
        demo=os.environ.get("DESCANT_DEMO_URL", ""),
        forum=os.environ.get("DESCANT_DEMO_FORUM", "demo"),
        **values,
    )


def policy(service: str) -> str:
    """What a page may load: its own inline style, by its hash, and what the service gives it."""
    digest = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; script-src {service}; connect-src {service}; "
        f"frame-src {service}; img-src {service} data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def application(environ: dict[str, str], start_response: Callable[..., object]) -> Iterable[bytes]:
    """The paper, as a WSGI application: `/` and one address for each article."""
    service = os.environ.get("DESCANT_SERVICE_URL", "http://localhost:8000")
    path = environ.get("PATH_INFO", "/").strip("/")
    article = next((article for article in ARTICLES if article.slug == path), None)
    if article is not None:
        status, page = "200 OK", drawn(f"{article.slug}.html", service, article=article)
    elif path == "":
        status, page = "200 OK", drawn("index.html", service)
    else:
        status, page = "404 Not Found", drawn("missing.html", service)
    body = page.encode()
    headers = [
        ("Content-Type", "text/html; charset=utf-8"),
        ("Content-Length", str(len(body))),
        ("Content-Security-Policy", policy(service)),
        ("X-Content-Type-Options", "nosniff"),
    ]
    start_response(status, headers)
    return [b"" if environ.get("REQUEST_METHOD") == "HEAD" else body]


class Server(ThreadingMixIn, WSGIServer):
    """One thread a request: a browser holds several connections open."""

    daemon_threads = True


class Quietly(WSGIRequestHandler):
    """Requests to the demo are nobody's news."""

    def log_message(self, format: str, *args: object) -> None:
        return


def main(port: int) -> None:
    with make_server("127.0.0.1", port, application, Server, Quietly) as server:
        server.serve_forever()


if __name__ == "__main__":
    main(int(sys.argv[1]))
