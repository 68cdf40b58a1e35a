"""`descant mail receive`: reads an answer to a letter from standard input, as a mail server hands it over."""

import argparse
import sys

from descant.followups.mail.receiving import LONGEST, NotTaken, receive

NAME = "mail"
HELP = "take an answer to a letter in, which becomes a comment"
NOT_TAKEN = 65  # EX_DATAERR of sysexits.h: the mail server gives what we say to the sender


def add_arguments(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("receive", help="read one mail from standard input and post what it says")


def run(options: argparse.Namespace) -> int:
    try:
        comment = receive(sys.stdin.buffer.read(LONGEST + 1))
    except NotTaken as why:
        print(why, file=sys.stderr)
        return NOT_TAKEN
    print(
        f"Comment {comment.pk} is {comment.state}." if comment else "A machine wrote this: nothing is posted."
    )
    return 0
