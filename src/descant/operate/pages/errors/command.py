"""`descant errors`: which errors there are, one of them whole, and what somebody has done about them."""

import argparse
from typing import Any

from descant.operate.commands import CommandFailed
from django_headroom.operations.errors.judging import mark_seen, reopen, resolve
from django_headroom.operations.errors.models import Group, Occurrence
from django_headroom.operations.errors.storing import store_at

NAME = "errors"
HELP = "the errors of the site by kind: listed, shown, seen, resolved"
MOST = 50


def add_arguments(parser: argparse.ArgumentParser) -> None:
    acts = parser.add_subparsers(dest="act", required=True)
    listing = acts.add_parser(
        "list", help="the kinds that are open, the latest first; exit code 1 if any is new"
    )
    listing.add_argument("--all", action="store_true", help="also those that are resolved or ignored")
    acts.add_parser("show", help="the latest of a kind: its stack").add_argument("number", type=int)
    resolving = acts.add_parser(
        "resolve", help="say that they are mended; one that is counted again has come back"
    )
    resolving.add_argument("--in", dest="release", default="", help="the release that mends it, or `next`")
    for judged in (
        resolving,
        acts.add_parser("seen", help="say that somebody is at them"),
        acts.add_parser("reopen", help="take back that they are resolved or ignored"),
    ):
        judged.add_argument(
            "numbers", nargs="+", type=int, metavar="NUMBER", help="as `descant errors list` prints them"
        )


def run(options: argparse.Namespace) -> int:
    if options.act == "list":
        return _list(options.all)
    if options.act == "show":
        return _show(options.number)
    if options.act == "resolve":
        print(f"{resolve(options.numbers, release=options.release)} resolved.")
    elif options.act == "seen":
        print(f"{mark_seen(options.numbers)} marked as seen.")
    else:
        print(f"{reopen(options.numbers)} opened again.")
    return 0


def _list(with_all: bool) -> int:
    groups = Group.objects.using(store_at())
    found = list((groups if with_all else groups.open()).latest_first()[:MOST])
    for each in found:
        last = each.last_at.isoformat(timespec="seconds")
        print(f"{each.pk}\t{each.state}\t{each.count}\t{last}\t{each.title}\t{each.culprit}\t{each.message}")
    return 1 if any(each.state in ("new", "regressed") for each in found) else 0


def _show(number: int) -> int:
    group = Group.objects.using(store_at()).filter(pk=number).first()
    if group is None:
        raise CommandFailed(
            f"there is no kind of errors {number}; `descant errors list` prints their numbers"
        )
    first, last = (each.isoformat(timespec="seconds") for each in (group.first_at, group.last_at))
    print(f"{group.title} in {group.culprit}: {group.count} times, {first} to {last}, {group.state}")
    kept = Occurrence.objects.using(store_at()).filter(group=group).order_by("-at", "-pk").first()
    for value in kept.body.get("exception", {}).get("values", []) if kept else []:
        for frame in (value.get("stacktrace") or {}).get("frames", []):
            _show_frame(frame)
        print(f"{value.get('type')}: {value.get('value')}")
    return 0


def _show_frame(frame: dict[str, Any]) -> None:
    print(f'  File "{frame.get("abs_path")}", line {frame.get("lineno")}, in {frame.get("function")}')
    print(f"    {str(frame.get('context_line') or '').strip()}")
    for name, told in (frame.get("vars") or {}).items() if frame.get("in_app") else ():
        print(f"      {name} = {told}")
