"""Waline: Node, SQLite."""

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

from bench.rig.reading.asking import Asker
from bench.rig.reading.peers.peer import Peer, Running, served
from tests.servers import free_port

# The npm package brings no empty database. These are the columns that it writes, and an index that is kind to it.
COMMENTS = """
CREATE TABLE wl_Comment (
    id integer PRIMARY KEY AUTOINCREMENT, user_id integer, comment text, insertedAt timestamp, ip varchar(100),
    link varchar(255), mail varchar(255), nick varchar(255), pid integer, rid integer, sticky numeric,
    status varchar(50), "like" integer, ua text, url varchar(255), createdAt timestamp, updatedAt timestamp
);
CREATE INDEX wl_Comment_url ON wl_Comment (url, rid, insertedAt);
"""
USERS = """
CREATE TABLE wl_Users (
    id integer PRIMARY KEY AUTOINCREMENT, display_name varchar(255), email varchar(255), password varchar(255),
    type varchar(50), label varchar(255), url varchar(255), avatar varchar(255), github varchar(255),
    "2fa" varchar(32), createdAt timestamp, updatedAt timestamp
);
"""


class Waline(Peer):
    """Reads ten comments and their replies; asks a sign-in service outside for every request, here one beside it."""

    name = "waline"
    packages = ("@waline/vercel@1.39.3", "@waline/client@3")

    def installing(self) -> Iterator[list[str]]:
        yield ["npm", "install", "--no-audit", "--no-fund", "--no-save", "--prefix", ".", *self.packages]

    @contextlib.contextmanager
    def serving(self, folder: Path, nothing: int) -> Iterator[Running]:
        port = free_port()
        with contextlib.closing(sqlite3.connect(folder / "waline.sqlite")) as database:
            database.executescript(COMMENTS + USERS)
        environment = {
            "SQLITE_PATH": str(folder),
            "JWT_TOKEN": "of a site that lives for minutes",
            "IPQPS": "-60",  # how long an address must wait; a time to come stops nobody
            "OAUTH_URL": f"http://127.0.0.1:{nothing}/",
        }
        line = ["node", str(self.home / "node_modules/@waline/vercel/vanilla.js"), str(port)]
        with served(line, port, folder, environment) as running:
            yield running

    def post(self, asker: Asker, thread: int, text: str, parent: int) -> int:
        said = {"comment": text, "nick": "Reader", "mail": "reader@mail.example", "link": "", "ua": ""}
        above = {"pid": parent, "rid": parent, "at": "Reader"} if parent else {}
        answer = asker.post_json("/api/comment?lang=en", {**said, **above, "url": f"/{thread}/"})
        return int(answer["data"]["objectId"])

    def read_path(self, thread: int) -> str:
        asked = {"path": f"/{thread}/", "pageSize": 10, "page": 1, "lang": "en", "sortBy": "insertedAt_desc"}
        return f"/api/comment?{urlencode(asked)}"

    def widget_files(self) -> Iterator[Path]:
        found = self.home / "node_modules/@waline/client/dist"
        yield found / "waline.umd.js"
        yield found / "waline.css"
