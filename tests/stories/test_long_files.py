"""A file that is longer than anybody may send: an owner's is brought in, of others' no more than a part is read."""

import http.client
import json
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.servers import free_port
from tests.stories.reading.proxies import nginx
from tests.stories.serving import descant, environment_of_a_site, serving

PATH = "/api/3.0/imports/create.json"
COMMENTS, LETTERS = 120, 40_000  # 4.8 MB
ISSUE = """
import json
from descant.accounts.models import User
from descant.forums.directory import forum_named
from descant.forums.keys.issuing import issue_key
from descant.forums.noting import Noted
from descant.forums.opening import name_role
forum, issued = forum_named("gazette"), []
for name, kind in (("ann", "owner"), ("bo", "moderator")):
    user = User.objects.create_user(username=name)
    name_role(forum=forum, user=user, kind=kind)
    issued.append(issue_key(forum=forum, noted=Noted(user)))
print(json.dumps([[key.public_key, key.access_token] for key in issued]))
"""
COMMENT = """<wp:comment><wp:comment_id>%d</wp:comment_id><wp:comment_author>Ada</wp:comment_author>
<wp:comment_date_gmt>2011-03-08 20:46:25</wp:comment_date_gmt><wp:comment_content>%s</wp:comment_content>
<wp:comment_approved>1</wp:comment_approved><wp:comment_type></wp:comment_type><wp:comment_parent>0</wp:comment_parent>
</wp:comment>"""
BOUNDARY = "a-line-between-parts"


@dataclass(frozen=True)
class Site:
    port: int
    folder: Path
    owner: dict[str, str]
    moderator: dict[str, str]

    def send(self, fields: dict[str, str], *, headers: Any = None, only: int | None = None) -> Any:
        """Hand the file over, behind the fields; `only` so many bytes of it are sent, and the answer is awaited."""
        body = parts(fields, wxr())
        lines = [f"POST {PATH} HTTP/1.1", "Host: localhost", f"Content-Length: {len(body)}"]
        lines += [f"Content-Type: multipart/form-data; boundary={BOUNDARY}"]
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        with socket.create_connection(("localhost", self.port), timeout=60) as connection:
            connection.sendall("\r\n".join([*lines, "", ""]).encode() + body[:only])
            answer = http.client.HTTPResponse(connection)
            answer.begin()
            return answer.status, json.loads(answer.read() or b"{}")

    def ask(self, name: str, **asked: str) -> Any:
        connection = http.client.HTTPConnection("localhost", self.port, timeout=60)
        connection.request("GET", f"/api/3.0/{name}.json?{urlencode({**self.owner, **asked})}")
        return json.load(connection.getresponse())["response"]

    def left(self) -> list[Path]:
        return [*(self.folder / "imports").glob("*")]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("long")
    environment = environment_of_a_site(folder, "long_files") | {"DESCANT_IMPORT_MB": "8"}
    descant("upgrade", environment=environment)
    descant("forum", "open", "gazette", "--domain", "gazette.example", environment=environment)
    told = json.loads(descant("manage", "shell", "-v", "0", "-c", ISSUE, environment=environment))
    owner, moderator = ({"api_key": key, "access_token": token} for key, token in told)
    with serving(environment, folder) as (_process, port):
        yield Site(port, folder, owner, moderator)


def test_an_owners_long_file_is_brought_in_and_nothing_of_it_stays(site: Site) -> None:
    status, told = site.send(site.owner)
    assert (status, told["response"]["state"]) == (200, "waiting")
    until = time.monotonic() + 120
    while (job := site.ask("imports/details", **{"import": told["response"]["id"]}))["state"] != "finished":
        assert job["state"] in ("waiting", "running"), job
        assert time.monotonic() < until
        time.sleep(0.2)
    assert site.ask("threads/details", **{"thread:ident": "long"})["posts"] == COMMENTS
    assert site.left() == []


def test_a_token_may_stand_in_a_header_or_in_the_query(site: Site) -> None:
    bearer = {"Authorization": f"Bearer {site.owner['access_token']}"}
    assert site.send({}, headers=bearer)[0] == 200


def test_of_others_no_more_is_read_than_anybody_may_send(site: Site) -> None:
    some, before = 1_200_000, set(site.left())
    guest = {"api_key": site.owner["api_key"]}
    for fields, status, code in (
        ({}, 400, 2),
        (guest, 403, 12),
        (site.moderator, 403, 12),
        ({**guest, "access_token": "x" * 40}, 401, 18),
    ):
        refused, told = site.send(fields, only=some)
        assert (refused, told["code"]) == (status, code)
    assert set(site.left()) <= before


def test_it_passes_nginx_as_the_docs_set_it_up(site: Site, tmp_path: Path) -> None:
    port = free_port()
    with nginx(tmp_path, port, site.port):
        through = replace(site, port=port)
        assert through.send(site.owner)[0] == 200
        assert through.send(site.moderator, only=1_200_000)[0] == 403


def test_a_longer_one_than_the_operator_lets_is_not_read_either(site: Site) -> None:
    with socket.create_connection(("localhost", site.port), timeout=60) as connection:
        head = f"POST {PATH} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {9 * 1024**2}\r\n\r\n"
        connection.sendall(head.encode() + b"x" * 1_200_000)
        answer = http.client.HTTPResponse(connection)
        answer.begin()
        assert answer.status == 413


def parts(fields: dict[str, str], file: bytes) -> bytes:
    written = "".join(
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    )
    upload = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="upload"; filename="all.xml"\r\n\r\n'
    return f"{written}{upload}".encode() + file + f"\r\n--{BOUNDARY}--\r\n".encode()


def wxr() -> bytes:
    comments = "".join(COMMENT % (number + 1, f"{number} " + "a" * LETTERS) for number in range(COMMENTS))
    return (
        '<rss xmlns:wp="http://wordpress.org/export/1.0/" xmlns:dsq="https://disqus.com/"><channel><item>'
        "<title>Long</title><link>https://gazette.example/long</link>"
        "<dsq:thread_identifier>long</dsq:thread_identifier><wp:post_id>12</wp:post_id>"
        f"<wp:post_date_gmt>2011-03-07 20:46:25</wp:post_date_gmt>{comments}</item></channel></rss>"
    ).encode()
