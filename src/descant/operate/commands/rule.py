"""`descant rule list`: the rules; `try` runs one over the past, `learn` learns from all that was decided."""

import argparse
from datetime import timedelta

from django.utils import timezone

from descant.discussion.judging.learning.teaching import teach_all
from descant.discussion.judging.rules.subjects import BadRule
from descant.discussion.judging.trying import SECONDS_MOST, Trial, try_rule
from descant.forums.directory import UnknownForum, forum_named
from descant.forums.models import Forum, Rule
from descant.operate.commands import CommandFailed

NAME = "rule"
HELP = "list the rules of forums, and try one on what was said before"
REFUSALS = (BadRule, UnknownForum)
SHOWN = 10


def add_arguments(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(dest="verb", required=True)
    listing = verbs.add_parser("list", help="list the rules of a forum, or of all forums together")
    listing.add_argument("forum", nargs="?", default="", help="without it: the rules of the network")
    trying = verbs.add_parser("try", help="tell what a rule would have done")
    trying.add_argument("forum")
    trying.add_argument("rule", type=int, nargs="?", help="the number that `descant rule list` shows")
    trying.add_argument("--words", help="instead of a rule: words, apart by commas")
    trying.add_argument("--pattern", help="instead of a rule: a pattern of RE2")
    trying.add_argument("--days", type=int, default=30, help="how far back")
    trying.add_argument("--seconds", type=float, default=SECONDS_MOST, help="after which it ends")
    learning = verbs.add_parser("learn", help="learn from all that moderators have decided")
    learning.add_argument("forum")


def run(options: argparse.Namespace) -> int:
    if options.verb == "list":
        forum = forum_named(options.forum) if options.forum else None
        for rule in Rule.objects.filter(forum=forum, ended_at=None).order_by("title", "id"):
            state = "on" if rule.is_on else "off"
            print(f"{rule.pk}\t{state}\t{rule.kind}\t{rule.effect}\tversion {rule.version}\t{rule.title}")
    elif options.verb == "try":
        forum = forum_named(options.forum)
        since = timezone.now() - timedelta(days=options.days)
        _tell(try_rule(forum, _rule(forum, options), since, by=None, seconds=options.seconds))
    else:
        learned = teach_all(forum=forum_named(options.forum))
        print(f"Learned from {learned} comments.")
    return 0


def _rule(forum: Forum, options: argparse.Namespace) -> Rule:
    if options.words:
        said = {"words": options.words.split(",")}
        return Rule(forum=forum, kind=Rule.Kind.WORDS, title="words", said=said)
    if options.pattern:
        return Rule(forum=forum, kind=Rule.Kind.PATTERN, title="pattern", said={"pattern": options.pattern})
    ours = Rule.objects.filter(forum=forum) | Rule.objects.filter(forum=None)
    rule = ours.filter(pk=options.rule, ended_at=None).first()
    if rule is None:
        raise CommandFailed(f"{forum.name} has no such rule: `descant rule list {forum.name}` shows them.")
    return rule


def _tell(trial: Trial) -> None:
    for day in sorted(trial.seen_on):
        print(f"{day}\t{trial.met_on[day]} of {trial.seen_on[day]}")
    for example in trial.examples[-SHOWN:]:
        print(f"  {example.comment_id}\t{example.at:%Y-%m-%d %H:%M}\t{example.reason['found'][:60]}")
    does = {"mark": "marked", "hold": "held", "spam": "called spam"}[trial.effect]
    until = (
        "" if trial.is_whole else f" So far, {trial.seen} of {trial.total} were looked at: it took too long."
    )
    print(
        f"Of {trial.seen} comments {trial.met} would have been {does}; "
        f"moderators had approved {trial.approved} of them.{until}"
    )
