"""What an account was told, for its frames and its page of notices."""

from collections.abc import Sequence
from typing import Any

from django.utils import timezone

from descant.accounts.models import User
from descant.followups.mail.digests import Line, lines_of
from descant.followups.models import Follow, Notice
from descant.switches import is_on
from django_headroom.transactions import writing

UNSEEN_MOST = 99
LINES = 30


def heard_by(user: User, what: str, *, using: str) -> dict[str, Any]:
    """How many notices an account has not seen, 99 at most, and whether it follows something."""
    unseen = Notice.objects.using(using).filter(user_id=user.pk, seen_at=None)
    follow = Follow.objects.using(using).filter(follower=f"u{user.pk}", what=what)
    return {"unseen": unseen[:UNSEEN_MOST].count(), "follows": follow.exists()}


def latest(user: User) -> Sequence[Line]:
    """The last notices of an account."""
    rows = Notice.objects.filter(user_id=user.pk).order_by("-made_at", "-id")
    return lines_of(list(rows[:LINES]))


def mark_seen(user: User, lines: Sequence[Line]) -> None:
    """Those that have been shown, and all before them; not while everything is only read."""
    if is_on("read_only") or not any(line.notice.seen_at is None for line in lines):
        return
    until = max(line.notice.made_at for line in lines)
    with writing("default"):
        rows = Notice.objects.filter(user_id=user.pk, seen_at=None, made_at__lte=until)
        rows.update(seen_at=timezone.now())
