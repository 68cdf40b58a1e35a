"""`descant apikey create|list|rotate|revoke FORUM`: the keys of the programs that speak for a forum."""

import argparse
import dataclasses
import json

from descant.forums.directory import UnknownForum, forum_named
from descant.forums.keys.counting import key_uses, usage_of
from descant.forums.keys.issuing import IssuedKey, issue_key, revoke_key, rotate_key
from descant.forums.models import Forum, Key
from descant.operate.commands import CommandFailed
from descant.operate.keys import key_beginning

NAME = "apikey"
HELP = "make, list, renew and revoke the keys of programs that speak for a forum"
REFUSALS = (UnknownForum,)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(dest="verb", required=True)
    create = verbs.add_parser("create", help="make a public key, a secret key and an access token")
    create.add_argument("forum")
    create.add_argument("--title", default="", help="the name of the program")
    create.add_argument("--json", action="store_true", help="print them as one JSON object")
    listing = verbs.add_parser(
        "list", help="print the public keys, when they were made and how often they were used"
    )
    listing.add_argument("forum")
    rotate = verbs.add_parser("rotate", help="give a new secret key and a new access token")
    rotate.add_argument("forum")
    rotate.add_argument("key", help="the public key, or how it begins")
    rotate.add_argument("--json", action="store_true", help="print them as one JSON object")
    revoke = verbs.add_parser("revoke", help="refuse a program's keys from now on")
    revoke.add_argument("forum")
    revoke.add_argument("key", help="the public key, or how it begins")


def run(options: argparse.Namespace) -> int:
    forum = forum_named(options.forum)
    match options.verb:
        case "create":
            _tell(issue_key(forum=forum, title=options.title), as_json=options.json)
        case "rotate":
            key = key_beginning(forum, options.key)
            issued = rotate_key(forum=forum, key_id=key.pk)
            if issued is None:
                raise CommandFailed("somebody else has just given this key a new secret; list the keys again")
            _tell(issued, as_json=options.json)
            if not options.json:
                print("Those from before hold for a day more.")
        case "revoke":
            revoke_key(forum=forum, key_id=key_beginning(forum, options.key).pk)
            print("Revoked.")
        case _:
            _list(forum)
    return 0


def _tell(issued: IssuedKey, *, as_json: bool) -> None:
    told = dataclasses.asdict(issued)
    if as_json:
        print(json.dumps(told))
        return
    for name, value in told.items():
        print(f"{name}: {value}")
    print("The secret key and the access token are shown this once.")


def _list(forum: Forum) -> None:
    found = list(Key.objects.filter(forum=forum).select_related("by").order_by("made_at", "id"))
    usage = usage_of(found)
    for key in found:
        of = usage[key.pk]
        last = f"last {of.last_at:%Y-%m-%dT%H:%M}" if of.last_at else "last -"
        print(
            f"{key.public_key}  made {key.made_at:%Y-%m-%d}  used {key_uses.value(key)}"
            f"  today {of.today}  week {of.week}  {last}  as {key.by.username if key.by else '-'}  {key.title}".rstrip()
        )
