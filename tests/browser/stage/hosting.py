"""Other people's pages: a small web server on 127.0.0.1, which is another site to a browser than localhost."""

import contextlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

HEAD = (
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
    '<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">{head}</head>'
)


class Hosting:
    """Pages by path, as a test writes them."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.pages: dict[str, tuple[str, dict[str, str]]] = {}

    def put(self, path: str, body: str, *, head: str = "", headers: dict[str, str] | None = None) -> str:
        """Serve a page at a path, give its address."""
        whole = HEAD.format(title=path.strip("/"), head=head) + f"<body>{body}</body></html>"
        self.pages[path] = (whole, headers or {})
        return self.url + path

    @property
    def as_our_own_site(self) -> str:
        """The same server under the name that the service has."""
        return self.url.replace("127.0.0.1", "localhost")


@contextlib.contextmanager
def running_hosting() -> Iterator[Hosting]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    server.daemon_threads = True
    hosting = Hosting(f"http://127.0.0.1:{server.server_port}")
    Answering.hosting = hosting
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield hosting
    server.shutdown()
    server.server_close()


class Answering(BaseHTTPRequestHandler):
    """Answers with the page of a path; `{cookies}` in it becomes what the browser sent."""

    hosting: Hosting

    def do_GET(self) -> None:
        body, headers = self.hosting.pages.get(urlsplit(self.path).path, ("", {}))
        sent = body.replace("{cookies}", self.headers.get("Cookie", "none")).encode()
        self.send_response(200 if body else 404)
        for name, value in {"Content-Type": "text/html; charset=utf-8", **headers}.items():
            for each in value.split("\n"):
                self.send_header(name, each)
        self.send_header("Content-Length", str(len(sent)))
        self.end_headers()
        self.wfile.write(sent)

    def log_message(self, format: str, *args: object) -> None:
        return
