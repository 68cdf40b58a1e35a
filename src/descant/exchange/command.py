"""`descant import disqus FILE --forum gazette`: brings what was said elsewhere into a forum."""

import argparse
import sys
from pathlib import Path

from descant.exchange.importing import FORMATS, run_import
from descant.exchange.progress import Bar
from descant.exchange.stream import ImportRefused
from descant.forums.directory import UnknownForum, forum_named

NAME = "import"
HELP = "bring comments in: " + ", ".join(FORMATS)
REFUSALS = (ImportRefused, UnknownForum)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("format", choices=FORMATS, help="what wrote the file")
    parser.add_argument("file", type=Path, help="the export, plain or gzipped")
    parser.add_argument("--forum", required=True, help="the forum that takes it in")
    parser.add_argument("--dry-run", action="store_true", help="write nothing, only report")
    parser.add_argument(
        "--source-forum", default="", metavar="NAME", help="the forum to take of a file that has several"
    )
    parser.add_argument("--apart", action="store_true", help="keep threads apart that have one link")
    parser.add_argument(
        "--pingbacks", action="store_true", help="take WordPress's pingbacks and trackbacks in as well"
    )


def run(options: argparse.Namespace) -> int:
    report = run_import(
        format=options.format,
        path=options.file,
        forum=forum_named(options.forum),
        dry_run=options.dry_run,
        source_forum=options.source_forum,
        apart=options.apart,
        pingbacks=options.pingbacks,
        progress=Bar(),
    )
    print(report.as_text())
    if not report.adds_up():
        print(
            "descant import: the report does not add up; please tell the makers of Descant.", file=sys.stderr
        )
        return 1
    return 0
