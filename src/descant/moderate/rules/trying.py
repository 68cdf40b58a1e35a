"""A rule tried from its page: it runs over the last 30 days and shows what it would have done; nothing is changed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256
from typing import Any

import orjson
from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_POST
from markupsafe import Markup

from descant.discussion.judging.rules.subjects import BadRule
from descant.discussion.judging.trying import Trial, try_rule
from descant.discussion.models import Comment
from descant.forums.models import Forum, Rule
from descant.moderate.acts.comments import text_in
from descant.moderate.acts.many import seen_as
from descant.moderate.asking import Desk, at_the_desk
from descant.moderate.queue.reasons import marked_source
from descant.moderate.rules.asking import NETWORK, by_for, draft_in, forum_of
from descant.moderate.rules.pages import draw_rule
from descant.moderate.rules.sealing import seal, unseal
from django_headroom.joins import attach

DAYS = timedelta(days=30)
SECONDS = 5.0  # a step; what is left is gone on with by a button
LINES = 20
OF_A_STEP = ("trial", "page", "go")


@dataclass(frozen=True)
class Met:
    """A comment that the rule would have met, as it is today; None if it is not there any more."""

    comment: Comment
    found: str
    place: str
    source: Markup | None


@require_POST
@at_the_desk
def try_it(desk: Desk) -> HttpResponse:
    """Try what the form says; with a sealed trial go on with it, or show another page of what it has met."""
    draft = draft_in(desk)
    if not draft.form.is_valid():
        return draw_rule(desk, draft)
    forum = desk.forum(text_in(desk.request, "on") if draft.whose == NETWORK else draft.whose)
    rule = draft.as_rule(forum_of(desk, draft.whose))
    about = _about(rule, forum, desk)
    trial = unseal(text_in(desk.request, "trial"), about, rule.effect)
    if trial is None or "go" in desk.request.POST:
        try:
            trial = _run(desk, forum, rule, trial)
        except BadRule as bad:
            draft.form.add_error(bad.field if bad.field in draft.form.fields else None, str(bad))
            return draw_rule(desk, draft)
    page = _page(text_in(desk.request, "page"), len(trial.examples))
    given = {"sealed": seal(trial, about), "met": _met(forum, trial, page), "page": page, "on": forum}
    given |= {"pages": _pages(len(trial.examples)), "bars": _bars(trial), "author": desk.author(forum)}
    given |= {"fields": _asked(desk), "seen_as": seen_as}
    return draw_rule(desk, draft, trial=trial, **given)


def _run(desk: Desk, forum: Forum, rule: Rule, so_far: Trial | None) -> Trial:
    since = so_far.since if so_far else timezone.now() - DAYS
    by = by_for(desk, forum if rule.forum_id else None)
    return try_rule(forum, rule, since, by=by, so_far=so_far, seconds=SECONDS)


def _about(rule: Rule, forum: Forum, desk: Desk) -> dict[str, Any]:
    """Of which rule, where and for whom a trial is: what is sealed for one is no other's."""
    said = sha256(orjson.dumps([rule.kind, rule.said], option=orjson.OPT_SORT_KEYS)).hexdigest()
    return {"said": said, "forum": forum.pk, "user": desk.user.pk}


def _asked(desk: Desk) -> dict[str, list[str]]:
    """What was filled in, to be sent again with the next step."""
    posted = desk.request.POST
    return {name: posted.getlist(name) for name in posted if name not in ("csrfmiddlewaretoken", *OF_A_STEP)}


def _pages(number: int) -> int:
    return max(1, -(-number // LINES))


def _page(written: str, number: int) -> int:
    page = int(written) if written.isdecimal() and len(written) < 6 else 1
    return min(max(1, page), _pages(number))


def _met(forum: Forum, trial: Trial, page: int) -> Sequence[Met]:
    """A page of what was met, the latest first."""
    shown = trial.examples[::-1][(page - 1) * LINES : page * LINES]
    rows = Comment.objects.of(forum).filter(pk__in=[each.comment_id for each in shown])
    by_id = {
        comment.pk: comment for comment in attach(rows.select_related("thread"), "author", missing="none")
    }
    return [_one(by_id[each.comment_id], each.reason) for each in shown if each.comment_id in by_id]


def _one(comment: Comment, reason: Mapping[str, Any]) -> Met:
    source = marked_source(comment, [reason])
    return Met(comment, str(reason.get("found", "")), str(reason.get("place", "")), source)


def _bars(trial: Trial) -> Sequence[tuple[date, int, int]]:
    """Each day of the trial, how many comments it had, and how many of these were met."""
    first = trial.since.date()
    days = [first + timedelta(days=number) for number in range((timezone.now().date() - first).days + 1)]
    return [(day, trial.seen_on[day], trial.met_on[day]) for day in days]
