"""django-comments-xtd in a small site of its own: Django, SQLite; here under gunicorn with two processes."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from bench.rig.reading.asking import Asker
from bench.rig.reading.peers.peer import Peer, Running, run, served
from tests.servers import free_port


class CommentsXtd(Peer):
    """Reads every comment of a thread through Django's ORM and a REST framework."""

    name = "django_comments_xtd"
    packages = ("django-comments-xtd==2.10.13", "gunicorn==27.0.1")

    def installing(self) -> Iterator[list[str]]:
        return self._venv()

    @contextlib.contextmanager
    def serving(self, folder: Path, nothing: int) -> Iterator[Running]:
        port = free_port()
        environment = {
            "PYTHONPATH": str(Path(__file__).parent),
            "DJANGO_SETTINGS_MODULE": "xtd_site.settings",
            "XTD_FOLDER": str(folder),
        }
        run(["bin/python", "-m", "django", "migrate", "--verbosity", "0"], self.home, environment)
        line = [str(self.home / "bin/gunicorn"), "--workers", "2", "--bind", f"127.0.0.1:{port}"]
        line += ["--no-control-socket", "xtd_site.serving:application"]
        with served(line, port, folder, environment) as running:
            yield running

    def post(self, asker: Asker, thread: int, text: str, parent: int) -> int:
        said = {
            "content_type": "flatpages.flatpage",
            "object_pk": str(thread),
            "name": "Reader",
            "email": "reader@mail.example",
            "comment": text,
            "reply_to": parent,
        }
        return int(asker.post_json("/comments/api/comment/", said)["id"])

    def read_path(self, thread: int) -> str:
        return f"/comments/api/flatpages-flatpage/{thread}/"

    def widget_files(self) -> Iterator[Path]:
        found = self._site_packages() / "django_comments_xtd" / "static" / "django_comments_xtd"
        yield from found.glob("js/*.min.js")
