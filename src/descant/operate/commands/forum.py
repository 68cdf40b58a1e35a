"""`descant forum open NAME --domain blog.example`: opens a forum; `list` shows them, `set` changes one.

`recount` compares its numbers with what was said, and repairs them.
"""

import argparse
import sys

from django.conf import settings

from descant.accounts.models import User
from descant.discussion.tree.recounting import recount_threads
from descant.followups.totals.recounting import recount_totals
from descant.forums.directory import UnknownForum, forum_named
from descant.forums.domains import BadDomain
from descant.forums.models import Forum, Premoderation, Role
from descant.forums.opening import (
    BadForum,
    ForumExists,
    add_domain,
    change_forum,
    name_role,
    open_forum,
    remove_domain,
)
from descant.operate.commands import CommandFailed
from django_headroom.skinny import WalkRefused, range_iter

NAME = "forum"
HELP = "open a forum for a website, change it, list them"
REFUSALS = (BadForum, ForumExists, BadDomain, UnknownForum, WalkRefused)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(dest="verb", required=True)
    opening = verbs.add_parser("open", help="open a forum")
    opening.add_argument("name", help="a-z, 0-9 and hyphens: what Disqus calls the shortname")
    opening.add_argument(
        "--domain", action="append", required=True, help="a site that shows it; may be repeated"
    )
    opening.add_argument("--title", default="")
    opening.add_argument("--owner", default="", help="username of its owner")
    opening.add_argument("--partition", default="", help="where its rows live; by default the roomiest")
    changing = verbs.add_parser("set", help="change a forum")
    changing.add_argument("name")
    changing.add_argument("--premoderation", choices=Premoderation.values, help="whose comments wait")
    changing.add_argument("--guests", choices=["yes", "no"], help="whether guests may post")
    changing.add_argument(
        "--language", choices=[code for code, _name in settings.LANGUAGES], help="of its frame"
    )
    changing.add_argument("--title", help="its name for people")
    changing.add_argument("--remove-domain", help="a site that shows it no more")
    changing.add_argument("--add-domain", help="one more site that shows it")
    changing.add_argument("--owner", help="username")
    changing.add_argument("--moderator", help="username")
    changing.add_argument("--trusted", help="username of somebody whose comments never wait")
    verbs.add_parser("list", help="list the forums")
    recounting = verbs.add_parser(
        "recount", help="compare all numbers of a forum and its people with what was said, and repair them"
    )
    recounting.add_argument("name")
    recounting.add_argument("--after", help="go on behind this place, which an interrupted run has printed")


def run(options: argparse.Namespace) -> int:
    if options.verb == "open":
        _open(options)
    elif options.verb == "set":
        _set(options)
    elif options.verb == "recount":
        _recount(options)
    else:
        for forum in range_iter(Forum.objects.prefetch_related("domains"), key="name"):
            domains = ", ".join(domain.host for domain in forum.domains.all())
            print(f"{forum.name}\t{forum.partition}\t{domains}")
    return 0


def _open(options: argparse.Namespace) -> None:
    forum = open_forum(
        name=options.name,
        domains=options.domain,
        title=options.title,
        owner=_user(options.owner),
        partition=options.partition,
    )
    print(f"The forum {forum.name} is open for {', '.join(options.domain)}.")


def _set(options: argparse.Namespace) -> None:
    forum = forum_named(options.name)
    changes = {"premoderation": options.premoderation, "language": options.language, "title": options.title}
    if options.guests:
        changes["guests_may_post"] = options.guests == "yes"
    change_forum(forum=forum, **{name: value for name, value in changes.items() if value is not None})
    if options.add_domain:
        add_domain(forum=forum, domain=options.add_domain)
    if options.remove_domain:
        remove_domain(forum=forum, domain=options.remove_domain)
    for kind in Role.Kind.values:
        user = _user(getattr(options, kind) or "")
        if user is not None:
            name_role(forum=forum, user=user, kind=kind)
    print(f"The forum {forum.name} is changed.")


def _recount(options: argparse.Namespace) -> None:
    place, threads, repaired = options.after, 0, 0
    try:
        for step in recount_threads(forum=forum_named(options.name), start_after=options.after):
            for drift in step.totals:
                print(f"thread {drift.pk}: {drift.counted} comments, {drift.true} in truth: repaired")
            for drift in step.branches:
                print(f"comment {drift.pk}: {drift.counted} replies, {drift.true} in truth: repaired")
            place, threads = step.place, threads + step.threads
            repaired += len(step.totals) + len(step.branches)
    except KeyboardInterrupt:
        if place:
            print(f"Go on with `descant forum recount {options.name} --after '{place}'`.", file=sys.stderr)
        raise
    for drifts in recount_totals(forum_named(options.name)):
        for drift in drifts:
            print(f"a total of {drift.pk}: {drift.counted}, {drift.true} in truth: repaired")
        repaired += len(drifts)
    print(f"Threads counted again: {threads}; numbers repaired: {repaired}.")


def _user(username: str) -> User | None:
    if not username:
        return None
    user = User.objects.filter(username=username).first()
    if user is None:
        raise CommandFailed(f"there is no account {username!r}: make it with `descant user create`.")
    return user
