"""Isso: Python, Werkzeug, SQLite; here under gunicorn with two processes."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

from bench.rig.reading.asking import Asker
from bench.rig.reading.peers.peer import Peer, Running, served
from tests.servers import free_port

# Its guard against floods is off, or seeding would take hours.
CONFIGURATION = """
[general]
dbpath = {database}
host = http://localhost/
[server]
public-endpoint = http://localhost:{port}
[guard]
enabled = false
"""


class Isso(Peer):
    """Reads every comment of a thread, renders its Markdown and sanitises it."""

    name = "isso"
    packages = ("isso==0.14.0", "gunicorn==27.0.1")

    def installing(self) -> Iterator[list[str]]:
        return self._venv()

    @contextlib.contextmanager
    def serving(self, folder: Path, nothing: int) -> Iterator[Running]:
        port = free_port()
        file = folder / "isso.cfg"
        file.write_text(CONFIGURATION.format(database=folder / "comments.db", port=port))
        line = [str(self.home / "bin/gunicorn"), "--workers", "2", "--bind", f"127.0.0.1:{port}"]
        line += ["--no-control-socket", "isso.run"]
        with served(line, port, folder, {"ISSO_SETTINGS": str(file)}) as running:
            yield running

    def post(self, asker: Asker, thread: int, text: str, parent: int) -> int:
        said = {"text": text, "author": "Reader", "title": f"Article {thread}", "parent": parent or None}
        return int(asker.post_json(f"/new?{urlencode({'uri': f'/{thread}/'})}", said)["id"])

    def read_path(self, thread: int) -> str:
        asked = {"uri": f"/{thread}/", "sort": "newest", "offset": 0, "nested_limit": 5}
        return f"/?{urlencode(asked)}"

    def widget_files(self) -> Iterator[Path]:
        found = self._site_packages() / "isso"
        yield found / "js" / "embed.min.js"
        yield found / "css" / "isso.css"
