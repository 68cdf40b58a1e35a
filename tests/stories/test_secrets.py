"""What a program shows in an address is in no log of a running site, however the request goes wrong."""

import contextlib
import http.client
import json
from pathlib import Path
from urllib.parse import urlencode

from tests.stories.serving import descant, environment_of_a_site, leave, serving

ASKED = (
    ("GET", "/api/3.0/threads/listPosts.json"),
    ("GET", "/api/3.0/threads/nothing.json"),
    ("POST", "/api/3.0/threads/listPosts.json"),
    ("POST", "/api/3.0/posts/create.json"),
    ("GET", "/embed/comments/"),
    ("GET", "/nowhere/"),
)


def test_secrets_in_addresses_reach_no_log(tmp_path: Path) -> None:
    environment = {**environment_of_a_site(tmp_path, "secrets"), "DESCANT_LOG": "INFO"}
    descant("upgrade", environment=environment)
    descant("forum", "open", "gazette", "--domain", "gazette.example", environment=environment)
    keys = json.loads(descant("apikey", "create", "gazette", "--json", environment=environment))
    shown = {"api_secret": keys["secret_key"], "access_token": keys["access_token"]}
    with serving(environment, tmp_path) as (process, port):
        for method, path in ASKED:
            for name, secret in shown.items():
                query = urlencode({name: secret, "thread:ident": "bread", "forum": "gazette"})
                assert asked(port, method, f"{path}?{query}") < 500, path
        leave(process)
    logs = "".join(log.read_text(errors="replace") for log in tmp_path.rglob("*.log"))
    assert logs, "a site says something when it starts"
    for secret in shown.values():
        assert secret not in logs


def asked(port: int, method: str, path: str) -> int:
    connection = http.client.HTTPConnection("localhost", port, timeout=30)
    with contextlib.closing(connection):
        connection.request(method, path)
        return connection.getresponse().status
