"""A site with replicas, two partitions and errors apart: python -m tests.stories.copies; says in JSON what was seen.

The replicas stand on one server, whose address is in COPIES.
"""

import json
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import django
import psycopg
from django.core.cache import caches
from django.core.management import call_command
from django.db import connections
from django.test import Client

django.setup()

from descant.accounts.models import User  # noqa: E402 - Django must know its settings first
from descant.accounts.tokens import issue_token  # noqa: E402
from descant.forums import directory  # noqa: E402
from descant.forums.keys.issuing import issue_key  # noqa: E402
from descant.forums.models import Forum  # noqa: E402
from descant.forums.opening import change_forum, open_forum  # noqa: E402
from descant.operate.upgrading import aliases, upgrade_all  # noqa: E402
from django_headroom.delayed.signals import DelayedSignal  # noqa: E402
from django_headroom.delayed.worker import drain  # noqa: E402
from django_headroom.homes import NotAtHome, explain  # noqa: E402
from django_headroom.replicas import positions, watching  # noqa: E402
from django_headroom.testing import queries_counted  # noqa: E402
from django_headroom.transactions import writing  # noqa: E402
from tests.servers import Server  # noqa: E402

PAGE = {"identifier": "bread", "url": "https://gazette.example/bread"}
FRAME = "/embed/comments/?f=gazette&t_i=bread"
COPIES = {"default": "default_replica_1", "p1": "p1_replica_1", "p2": "p2_replica_1"}
client = Client()


def main() -> None:
    upgrade_all(backup=False)
    call_command("collectstatic", interactive=False, verbosity=0)
    caches["default"].set(positions.SINCE, 1, None)  # the store is no new one
    ann = User.objects.create_user(username="ann", email="ann@mail.example", name="Ann")
    gazette = open_forum(name="gazette", domains=["gazette.example"], owner=ann, partition="p1")
    key = issue_key(forum=gazette).public_key
    post(gazette, ann, "Rye, before.")
    told: dict[str, Any] = {}
    catch_up()
    told["page"] = asked(lambda: client.get(FRAME))
    told["feed"] = asked(lambda: client.get("/embed/feed/?f=gazette&t_i=bread"))
    told["counts"] = asked(lambda: client.get("/count-data.js?f=gazette&1=bread"))
    told["program"] = asked(lambda: listed(key))
    told["mine"] = asked(lambda: mine(gazette, ann))
    told["errors"] = errors_apart()
    told["second partition"] = second_partition(ann)
    told["vary"] = client.get(FRAME).headers.get("Vary", "")
    replay("pause")
    post(gazette, ann, "Oat, behind.")
    told["public"] = "Oat, behind." in client.get(FRAME).content.decode()
    told["own"] = "Oat, behind." in mine(gazette, ann).content.decode()
    created = {"api_key": key, "thread:ident": "bread", "message": "Spelt.", "author_name": "Gus"}
    client.post("/api/3.0/posts/create.json", created)
    told["programs own"] = "Spelt." in listed(key).content.decode()
    eve = User.objects.create_user(username="eve", email="eve@mail.example", name="Eve of late")
    post(gazette, eve, "New here.")
    told["new name"] = "Eve of late" in mine(gazette, eve).content.decode()
    open_forum(name="tribune", domains=["tribune.example"], partition="p1")
    told["new forum"] = client.get("/embed/comments/?f=tribune&t_i=bread").status_code
    told["changed forum"] = title_of_herald_after_a_change()
    replay("resume")
    catch_up()
    told["in the end"] = "Oat, behind." in client.get(FRAME).content.decode()
    told["after all were ended"] = client_after_all_connections_were_ended()
    catch_up()
    with hung_primary():
        told["while they hang"] = while_they_hang(gazette, ann)
    told["after the hang"] = posted_in_the_end(gazette, ann)
    print(json.dumps(told))


def second_partition(ann: User) -> dict[str, Any]:
    """A forum beside the others: nothing of hers is asked of the first partition."""
    herald = open_forum(name="herald", domains=["gazette.example"], owner=ann, partition="p2")
    post(herald, ann, "Emmer, elsewhere.")
    return asked(lambda: mine(herald, ann))


def title_of_herald_after_a_change() -> str:
    change_forum(forum=directory.forum_named("herald"), title="The Herald, late")
    return directory.forum_named("herald").title


def errors_apart() -> dict[str, Any]:
    """What stands in the database of errors, and whether it is kept from what is not for it."""
    seen: list[int] = []
    wrong = DelayedSignal("something_went_wrong", schema=1)
    wrong.connect(lambda data, **_: seen.append(data["line"]), dispatch_uid="note")
    with writing("errors"):
        wrong.say(at="errors", line=7)
    for alias in aliases():
        drain(alias)
    try:
        list(User.objects.using("errors"))
        refused = ""
    except NotAtHome as refusal:
        refused = str(refusal)
    tables = connections["errors"].introspection.table_names()
    return {"explained": explain("errors"), "heard": seen, "refused": refused, "tables": tables}


def client_after_all_connections_were_ended() -> int:
    """As after a restart of the servers; none was in use."""
    connections.close_all()
    directory.forget()
    for address in (os.environ["COPIES"], os.environ["DESCANT_DATABASE"]):
        with psycopg.connect(address, autocommit=True) as server:
            server.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname LIKE 'copied%%' AND pid <> pg_backend_pid()"
            )
    return client.get(FRAME).status_code


def hung_primary() -> Any:
    return Server("", 0, Path(os.environ["PRIMARY"]), None).hung()  # type: ignore[arg-type]


def while_they_hang(forum: Forum, user: User) -> dict[str, list[Any]]:
    """What readers and, beside them, a writer are answered until several looks were taken at the replicas."""
    told: dict[str, list[Any]] = {"page": [], "feed": [], "counts": [], "post": [], "mine": []}
    looked: set[float] = set()
    is_over = threading.Event()

    def writing() -> None:
        while not is_over.is_set():
            for what, answer in (("post", posted(forum, user)), ("mine", mine(forum, user))):
                told[what].append((answer.status_code, answer.headers.get("Retry-After")))

    writer = threading.Thread(target=writing)
    writer.start()
    while len(looked) < 6:
        looked.add(watching._looks["p1_replica_1"].at)
        directory.forget()
        told["page"].append(client.get(FRAME).status_code)
        told["feed"].append(client.get("/embed/feed/?f=gazette&t_i=bread").status_code)
        told["counts"].append(client.get("/count-data.js?f=gazette&1=bread").status_code)
        time.sleep(0.05)
    is_over.set()
    writer.join()
    return told


def posted(forum: Forum, user: User) -> Any:
    connections.close_all()  # as Django does at the end of each request, and its test client does not
    return call("post", forum, user, text="Wheat, at last.", key=f"{'wheat':-<40}")


def posted_in_the_end(forum: Forum, user: User) -> int:
    deadline = time.monotonic() + 60
    while (status := int(posted(forum, user).status_code)) == 503 and time.monotonic() < deadline:
        time.sleep(0.1)
    return status


def asked(asking: Callable[[], Any]) -> dict[str, Any]:
    """To which databases a request's statements went; nothing is remembered of the forum from before."""
    directory.forget()
    with queries_counted() as spent:
        status = asking().status_code
    return {"status": status, **{alias: len(sent) for alias, sent in spent.by_alias.items() if sent}}


def call(verb: str, forum: Forum, user: User, **body: Any) -> Any:
    token = issue_token(forum_id=forum.pk, user=user)
    headers = {"Origin": "http://testserver", "Authorization": f"Bearer {token}"}
    body = {"forum": forum.name, "thread": PAGE, **body}
    return client.post(f"/embed/do/{verb}", body, content_type="application/json", headers=headers)


def post(forum: Forum, user: User, text: str) -> None:
    answer = call("post", forum, user, text=text, key=f"{text:-<40}")
    assert answer.status_code == 201, answer.content


def mine(forum: Forum, user: User) -> Any:
    return call("mine", forum, user, comments=[])


def listed(key: str) -> Any:
    return client.get("/api/3.0/threads/listPosts.json", {"api_key": key, "thread:ident": "bread"})


def replay(word: str) -> None:
    with psycopg.connect(os.environ["COPIES"], autocommit=True) as server:
        server.execute(f"SELECT pg_wal_replay_{word}()")


def catch_up() -> None:
    deadline = time.monotonic() + 60
    for primary, replica in COPIES.items():
        User.objects.filter(pk=0).update(name="")  # what was written last is sent with the next commit
        while not (watching._looks.get(replica) and watching._looks[replica].near):
            assert time.monotonic() < deadline, f"{replica} did not come near"
            watching.look_at(primary, replica)
            time.sleep(0.02)
        written = watching._trails[primary][-1][1]
        while not watching.has_replayed(replica, written):
            assert time.monotonic() < deadline, f"{replica} did not catch up"
            watching.look_at(primary, replica)


if __name__ == "__main__":
    main()
