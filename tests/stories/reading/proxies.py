"""A real site with a real proxy before it, Caddy or nginx, as docs/run/README.md sets them up."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers import free_port
from tests.stories.reading.caches import Before, running, running_site

README = Path(__file__).resolve().parents[3] / "docs" / "run" / "README.md"
TRUSTED = {"DESCANT_TRUSTED_PROXIES": "127.0.0.1"}


def written(beginning: str) -> str:
    """The block of the docs that begins like this."""
    blocks = README.read_text().split("```")[1::2]
    return next(block for block in blocks if block.startswith(beginning)).partition("\n")[2]


@contextlib.contextmanager
def nginx(folder: Path, port: int, descant_port: int) -> Iterator[None]:
    """As written, but for addresses and TLS."""
    server = (
        written("nginx")
        .replace("listen 443 ssl;", f"listen 127.0.0.1:{port};")
        .replace("8000", str(descant_port))
    )
    server = "\n".join(line for line in server.splitlines() if "ssl_certificate" not in line)
    server = server.replace("comments.example", "localhost")
    temporary = [
        f"{name}_temp_path {folder}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    ]
    whole = f"user root; daemon off; pid {folder}/nginx.pid; error_log {folder}/nginx.log; events {{}}\n"
    whole += f"http {{ access_log off; {' '.join(temporary)}\n{server} }}\n"
    (folder / "nginx.conf").write_text(whole)
    command = ["nginx", "-e", str(folder / "nginx.log"), "-c", str(folder / "nginx.conf")]
    with running(command, port, folder / "nginx.log"):
        yield


@contextlib.contextmanager
def caddy(folder: Path, port: int, descant_port: int) -> Iterator[None]:
    """As written, but for addresses and TLS."""
    file = written("\n{\n    servers").replace("8000", str(descant_port))
    file = file.replace("comments.example", f"http://localhost:{port}, http://127.0.0.1:{port}").replace(
        "{\n", "{\n    admin off\n", 1
    )
    (folder / "Caddyfile").write_text(file)
    with running(["caddy", "run", "--config", str(folder / "Caddyfile")], port, folder / "caddy.log"):
        yield


@pytest.fixture
def behind_nginx(folder: Path) -> Iterator[Before]:
    port = free_port()
    with running_site(folder, "nginx", **TRUSTED) as site, nginx(folder, port, site.port):
        yield Before(port, site)


@pytest.fixture
def behind_caddy(folder: Path) -> Iterator[Before]:
    port = free_port()
    with running_site(folder, "caddy", **TRUSTED) as site, caddy(folder, port, site.port):
        yield Before(port, site)
