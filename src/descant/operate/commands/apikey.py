"""`descant apikey create FORUM`: the keys of a program that speaks for a forum."""

import argparse
import dataclasses
import json

from descant.forums.directory import UnknownForum, forum_named
from descant.forums.issuing import issue_key

NAME = "apikey"
HELP = "make the keys of a program that speaks for a forum"
REFUSALS = (UnknownForum,)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(dest="verb", required=True)
    create = verbs.add_parser("create", help="make a public key, a secret key and an access token")
    create.add_argument("forum")
    create.add_argument("--json", action="store_true", help="print them as one JSON object")


def run(options: argparse.Namespace) -> int:
    issued = dataclasses.asdict(issue_key(forum=forum_named(options.forum)))
    if options.json:
        print(json.dumps(issued))
        return 0
    for name, value in issued.items():
        print(f"{name}: {value}")
    print("The access token is shown this once.")
    return 0
