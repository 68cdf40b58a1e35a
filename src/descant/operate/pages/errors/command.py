"""`descant errors`: which errors there are, one of them whole, and what somebody has done about them."""

import argparse
from datetime import timedelta
from typing import Any

from django.utils import timezone

from descant.operate.commands import CommandFailed
from django_headroom.operations.errors.judging import (
    NoSuchKind,
    NotIgnoredForever,
    ignore,
    mark_seen,
    merge,
    reopen,
    resolve,
    split,
)
from django_headroom.operations.errors.models import Group, Merged, Occurrence
from django_headroom.operations.errors.storing import store_at

NAME = "errors"
HELP = "the errors of the site by kind: listed, shown, seen, resolved, ignored, merged"
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
    ignoring = acts.add_parser(
        "ignore", help="say nothing of them for a while; they are counted all the same"
    )
    ignoring.add_argument("--days", type=float, help="for so long")
    ignoring.add_argument("--more", type=int, help="until so many more were counted")
    merging = acts.add_parser("merge", help="say that they are one with another, from now on as well")
    merging.add_argument("--into", type=int, required=True, help="the other")
    for judged in (
        resolving,
        ignoring,
        merging,
        acts.add_parser(
            "split", help="take out what was merged into them; the next of it is a kind of its own"
        ),
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
    try:
        print(_judged(options))
    except (NoSuchKind, NotIgnoredForever) as refused:
        raise CommandFailed(str(refused)) from refused
    return 0


def _judged(options: argparse.Namespace) -> str:
    if options.act == "resolve":
        return f"{resolve(options.numbers, release=options.release)} resolved."
    if options.act == "seen":
        return f"{mark_seen(options.numbers)} marked as seen."
    if options.act == "ignore":
        until = timezone.now() + timedelta(days=options.days) if options.days else None
        return f"{ignore(options.numbers, until=until, more=options.more)} ignored."
    if options.act == "merge":
        return f"{merge(options.numbers, into=options.into)} merged into {options.into}."
    if options.act == "split":
        found = Merged.objects.using(store_at()).filter(group__in=options.numbers)
        return f"{split(list(found.values_list('pk', flat=True)))} split off."
    return f"{reopen(options.numbers)} opened again."


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
