"""`descant export gazette --format disqus`: takes a forum along, in a format that others read or that keeps all."""

import argparse
import sys
from pathlib import Path

from descant.exchange.leaving.exporting import FORMATS, ExportRefused, file_name, run_export
from descant.exchange.progress import Bar
from descant.forums.directory import UnknownForum, forum_named

NAME = "export"
HELP = "take a forum along: " + ", ".join(FORMATS)
REFUSALS = (ExportRefused, UnknownForum)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("forum", help="its name")
    parser.add_argument("--format", choices=FORMATS, required=True, help="who is to read the file")
    parser.add_argument("--to", type=Path, metavar="FILE", help="by default NAME.ENDING.gz, here")
    parser.add_argument("--plain", action="store_true", help="not packed by gzip, whatever its name")
    parser.add_argument(
        "--personal", action="store_true", help="with e-mail addresses: then it is a file to guard"
    )


def run(options: argparse.Namespace) -> int:
    forum = forum_named(options.forum)
    path = options.to or Path(file_name(forum, options.format, packed=not options.plain))
    rows = run_export(
        format=options.format,
        forum=forum,
        path=path,
        personal=options.personal,
        packed=False if options.plain else None,
        progress=Bar(),
    )
    print(f"{path}: {rows:,} rows, {path.stat().st_size:,} bytes.", file=sys.stderr)
    return 0
