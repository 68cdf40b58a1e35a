"""What happens to comments becomes deliveries: one for each target that is told of it, however often it is heard."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from descant.discussion.models import Comment, Decision
from descant.discussion.seeing import may_see
from descant.discussion.signals import comment_changed, comment_posted
from descant.followups.models import Delivery
from descant.followups.webhooks.signals import delivery_due
from descant.forums.models import Target
from descant.forums.webhooks.signals import target_unverified
from django_headroom.delayed.models import AT_ONCE, Event, Lane
from django_headroom.transactions import writing

_MESSAGES = UUID("8b1f3c52-7d0e-4f6e-9a57-0d5c1b8f2e64")  # the messages are named below it


def connect() -> None:
    """Listen to what is said of comments, and to targets that must give a challenge back."""
    comment_posted.connect(note_new, dispatch_uid="followups.webhooks")
    comment_changed.connect(note_change, dispatch_uid="followups.webhooks")
    target_unverified.connect(note_unverified, dispatch_uid="followups.webhooks")


def note_new(data: dict[str, Any], *, event_id: str) -> None:
    """A comment that waits is told to nobody; the comment itself is asked."""
    targets = _targets(data["forum_id"])
    if targets and (comment := _comment(data)) and may_see(comment, None):
        _note_created(targets, comment)


def note_change(data: dict[str, Any], *, event_id: str) -> None:
    """One that was held is new when it is shown; of one that was never shown nobody is told."""
    targets = _targets(data["forum_id"])
    comment = _comment(data) if targets else None
    if comment is None or not was_shown(comment):
        return
    told = _note_created(targets, comment) if _is_shown_first(comment) else set()
    kind = Delivery.Kind.UPDATED
    rest = [target for target in targets if target.pk not in told and target.takes(kind)]
    post_deliveries(_delivery(each, kind, comment, event_id) for each in rest)


def note_unverified(data: dict[str, Any], *, event_id: str) -> None:
    """Ask a target for the challenge."""
    target = Target.objects.filter(pk=data["target_id"], is_verified=False).first()
    if target is not None:
        message = uuid5(_MESSAGES, f"{target.pk} {event_id}")
        post_deliveries([Delivery(message=message, target=target, kind=Delivery.Kind.VERIFY)])


def was_shown(comment: Comment) -> bool:
    """Whether everybody could read it at some time, so that programs may know of it."""
    return comment.version is not None


def post_deliveries(deliveries: Iterable[Delivery]) -> None:
    """Write down those that were not before, each with the event by which it goes out."""
    made = list(deliveries)
    with writing("default"):
        new = _unknown(made)
        Delivery.objects.bulk_create(new, ignore_conflicts=True)
        say_due(new)


def say_due(deliveries: Iterable[Delivery], *, due: datetime | None = None) -> None:
    """Have a worker send them; within the transaction that has raised their turns.

    The first messages to a target that is well go one after the other. What is tried again, and what goes to a target
    that fails, has another lane, so that nobody waits behind it.
    """
    events = []
    for each in deliveries:
        is_first = each.turn == 0 and each.target.failing_since is None
        order = f"webhook {each.target_id}" if is_first else ""
        event = delivery_due.event(
            message=str(each.message), turn=each.turn, forum_id=each.target.forum_id, order=order
        )
        event.lane, event.due_at = Lane.LOW if is_first else Lane.BULK, due or AT_ONCE
        events.append(event)
    Event.objects.using("default").bulk_create(events)


def _note_created(targets: Iterable[Target], comment: Comment) -> set[int]:
    """Who is told of a new comment only now."""
    kind = Delivery.Kind.CREATED
    new = _unknown([_delivery(each, kind, comment, "created") for each in targets if each.takes(kind)])
    post_deliveries(new)
    return {each.target_id for each in new}


def _delivery(target: Target, kind: Delivery.Kind, comment: Comment, event: str) -> Delivery:
    message = uuid5(_MESSAGES, f"{target.pk} {comment.pk} {event}")
    return Delivery(message=message, target=target, kind=kind, comment_id=comment.pk)


def _unknown(made: Sequence[Delivery]) -> list[Delivery]:
    """Those that were not written down before."""
    known = Delivery.objects.filter(message__in=[each.message for each in made])
    messages = set(known.values_list("message", flat=True))
    return [each for each in made if each.message not in messages]


def _targets(forum_id: int) -> list[Target]:
    return list(Target.objects.filter(forum=forum_id, is_on=True, is_verified=True))


def _comment(data: dict[str, Any]) -> Comment | None:
    found: Comment | None = Comment.objects.of(data["forum_id"]).filter(pk=int(data["comment_id"])).first()
    return found


def _is_shown_first(comment: Comment) -> bool:
    """Whether it was held, is shown, and never was before."""
    if not may_see(comment, None):
        return False
    decided = Decision.objects.of(comment.forum_id).filter(comment=comment)
    states = set(decided.values_list("before", "after"))
    return bool(states) and all(before != Comment.State.SHOWN for before, _after in states)
