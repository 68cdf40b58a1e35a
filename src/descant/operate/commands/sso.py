"""`descant sso make|allow|forbid|list FORUM`: keys by which a site signs its people in; `share` joins forums."""

import argparse
import dataclasses
import json

from descant.forums.directory import UnknownForum, forum_named
from descant.forums.models import Key
from descant.forums.signing_on.keys import TooManyKeys, let_sign_in, make_key
from descant.forums.signing_on.sharing import CannotShare, share_people
from descant.operate.keys import key_beginning

NAME = "sso"
HELP = "let a site sign its own people in (Disqus's remote_auth_s3): by which keys, and which forums share people"
REFUSALS = (UnknownForum, TooManyKeys, CannotShare)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(dest="verb", required=True)
    making = verbs.add_parser("make", help="make a key whose secret signs people in")
    making.add_argument("forum")
    making.add_argument("--title", default="", help="the name of the program")
    making.add_argument("--json", action="store_true", help="print it as one JSON object")
    allowing = verbs.add_parser("allow", help="let the secret of a key sign people in")
    forbidding = verbs.add_parser("forbid", help="let it no longer, and sign out whom it has signed in")
    for verb in (allowing, forbidding):
        verb.add_argument("forum")
        verb.add_argument("key", help="the public key, or how it begins")
    verbs.add_parser("list", help="print the keys that sign people in").add_argument("forum")
    sharing = verbs.add_parser("share", help="let a forum have the people of another, which its owner trusts")
    sharing.add_argument("forum")
    sharing.add_argument("other", help="the forum whose people they are")


def run(options: argparse.Namespace) -> int:
    forum = forum_named(options.forum)
    match options.verb:
        case "list":
            for key in Key.objects.filter(forum=forum, signs_in=True).order_by("made_at", "id"):
                print(f"{key.public_key}  made {key.made_at:%Y-%m-%d}  {key.title}".rstrip())
        case "make":
            told = dataclasses.asdict(make_key(forum=forum, title=options.title))
            print(json.dumps(told) if options.json else "\n".join(f"{name}: {told[name]}" for name in told))
        case "share":
            share_people(forum=forum, other=forum_named(options.other))
            print(f"{forum} has the people of {options.other}.")
        case verb:
            let_sign_in(forum=forum, key_id=key_beginning(forum, options.key).pk, may=verb == "allow")
            print("The key signs people in." if verb == "allow" else "The key signs nobody in.")
    return 0
