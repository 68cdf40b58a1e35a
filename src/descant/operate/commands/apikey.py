"""`descant apikey create|list FORUM`: the keys of the programs that speak for a forum."""

import argparse
import dataclasses
import json

from descant.forums.counting import key_uses
from descant.forums.directory import UnknownForum, forum_named
from descant.forums.issuing import issue_key
from descant.forums.models import Key

NAME = "apikey"
HELP = "make and list the keys of programs that speak for a forum"
REFUSALS = (UnknownForum,)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(dest="verb", required=True)
    create = verbs.add_parser("create", help="make a public key, a secret key and an access token")
    create.add_argument("forum")
    create.add_argument("--json", action="store_true", help="print them as one JSON object")
    listing = verbs.add_parser(
        "list", help="print the public keys, when they were made and how often they were used"
    )
    listing.add_argument("forum")


def run(options: argparse.Namespace) -> int:
    if options.verb == "list":
        for key in Key.objects.filter(forum=forum_named(options.forum)).order_by("made_at", "id"):
            print(f"{key.public_key}  made {key.made_at:%Y-%m-%d}  used {key_uses.value(key)}")
        return 0
    issued = dataclasses.asdict(issue_key(forum=forum_named(options.forum)))
    if options.json:
        print(json.dumps(issued))
        return 0
    for name, value in issued.items():
        print(f"{name}: {value}")
    print("The access token is shown this once.")
    return 0
