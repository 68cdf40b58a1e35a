"""What becomes of deliveries: tried again later and later, dead at last; and targets that fail are left alone."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from descant.accounts.preferring import keep_preferences
from descant.discussion.models import Comment
from descant.followups.models import Delivery
from descant.followups.trimming import trim_deliveries
from descant.followups.webhooks import delivering
from descant.followups.webhooks.delivering import FAILING_FOR, PAUSES, SPREAD, next_try
from descant.followups.webhooks.resending import resend, resend_dead, send_test
from descant.forums.models import Change, Target
from descant.forums.webhooks.sending import Outcome
from descant.forums.webhooks.targets import (
    Wish,
    add_target,
    change_target,
    end_target,
    rotate_secret,
    wish_of,
)
from django_headroom.delayed.models import Event, Lane
from django_headroom.delayed.worker import drain
from tests.descant.conftest import Cast
from tests.descant.discussion.judging.outsiders import Outsider
from tests.descant.followups.conftest import account
from tests.descant.followups.webhooks.conftest import Work, message_ids, states, time_passes
from tests.descant.forums.webhooks.test_webhooks import verified

Say = Callable[..., Comment]
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _pauses_are_longer_than_a_test(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also on a slow machine nothing is due again before ``time_passes``."""
    monkeypatch.setattr(delivering, "PAUSES", [max(each, HOUR) for each in PAUSES])
    for name in ("REST_FIRST", "REST_MOST"):
        monkeypatch.setattr(delivering, name, HOUR)


def test_what_fails_is_tried_again_with_the_same_id_until_it_is_dead(
    cast: Cast, say: Say, out: Outsider, work: Work
) -> None:
    add_target(forum=cast.gazette, wish=Wish(out.url("/broken")))
    say("Rye.")
    for tries in range(1, len(PAUSES) + 2):
        work()
        assert len(out.heard) == tries, "not before its time"
        time_passes()
    work()
    assert len(set(message_ids(out))) == 1
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.tries, delivery.due_at) == ("dead", len(PAUSES) + 1, None)
    assert [each["status"] for each in delivery.log] == [500] * (len(PAUSES) + 1)
    assert not Event.objects.using("default").filter(signal="delivery_due").exists()


def test_each_pause_is_longer_and_by_chance_a_little_another(cast: Cast, target: Target) -> None:
    now = timezone.now()
    for tries, pause in enumerate(delivering.PAUSES):
        due = next_try(Delivery(target=target, tries=tries, tries_since=now), Outcome(500))
        assert due is not None
        assert pause * (1 - SPREAD) <= due - now <= pause * (1 + SPREAD) + timedelta(minutes=1)
    assert sum(PAUSES, timedelta()) > timedelta(days=1)
    wished = next_try(Delivery(target=target, tries_since=now), Outcome(503, retry_after=3600))
    assert wished is not None
    assert wished - now >= timedelta(hours=1)
    assert next_try(Delivery(target=target, tries_since=now), Outcome(0, is_final=True)) is None
    assert next_try(Delivery(target=target, tries_since=now - timedelta(days=4)), Outcome(500)) is None


def test_a_target_that_fails_is_left_alone_and_one_try_finds_out_for_all(
    cast: Cast, say: Say, out: Outsider, work: Work
) -> None:
    target = add_target(forum=cast.gazette, wish=Wish(out.url("/broken")))
    for number in range(5):
        say(f"Rye {number}.")
    work()
    assert len(out.heard) == 1
    assert states() == ["waiting"] * 5
    target.refresh_from_db()
    assert (target.failures, target.rests()) == (1, True)
    Target.objects.update(url=out.url("/told"))
    time_passes()
    work()
    assert states() == ["taken"] * 5
    assert len(out.heard) == 6
    target.refresh_from_db()
    assert (target.failures, target.failing_since, target.rests()) == (0, None, False)


def test_first_messages_keep_their_order_and_what_is_tried_again_has_a_lane_of_its_own(
    cast: Cast, say: Say, out: Outsider, target: Target, work: Work
) -> None:
    comments = [say(f"Rye {number}.") for number in range(3)]
    drain("p1")
    rows = Event.objects.using("default").filter(signal="delivery_due")
    assert set(rows.values_list("lane", "order_key")) == {(Lane.LOW, f"webhook {target.pk}")}
    Target.objects.update(url=out.url("/broken"))
    drain("default", [Lane.LOW])
    assert set(rows.values_list("lane", "order_key")) == {(Lane.BULK, "")}
    Target.objects.update(url=out.url("/told"))
    time_passes()
    work()
    assert Delivery.objects.filter(state="taken").count() == len(comments)


def test_a_target_that_hangs_holds_no_other(
    cast: Cast, say: Say, out: Outsider, monkeypatch: pytest.MonkeyPatch, work: Work
) -> None:
    """It is asked once, for a moment, and then left alone; the others have theirs meanwhile."""
    monkeypatch.setattr(delivering, "QUICK", delivering.QUICK.__class__(seconds=3.0))
    add_target(forum=cast.gazette, wish=Wish(out.url("/hang")))
    add_target(forum=cast.gazette, wish=Wish(out.url("/told")))
    for number in range(4):
        say(f"Rye {number}.")
    work()
    paths = [path for path, *_rest in out.heard]
    assert (paths.count("/hang"), paths.count("/told")) == (1, 4)


def test_410_switches_it_off_and_its_owner_is_told(cast: Cast, say: Say, out: Outsider, work: Work) -> None:
    confirm(cast)
    target = add_target(forum=cast.gazette, wish=Wish(out.url("/gone")))
    say("Rye.")
    say("Wheat.")
    work()
    target.refresh_from_db()
    assert (target.is_on, target.off_for) == (False, "gone")
    assert states() == ["dead", "dead"]
    assert len(out.heard) == 1
    [letter] = mail.outbox
    assert letter.to == ["ann@mail.example"]
    assert out.url("/gone") in letter.body
    assert f"/f/gazette/settings/webhooks/{target.pk}/" in letter.body
    assert Change.objects.filter(what="target_changed", by=None).count() == 1
    say("Oats.")
    work()
    assert len(out.heard) == 1


@pytest.mark.parametrize("days", [4, 6])
def test_who_fails_for_days_is_switched_off(
    cast: Cast, say: Say, out: Outsider, work: Work, days: int
) -> None:
    is_on = days < FAILING_FOR.days
    confirm(cast)
    target = add_target(forum=cast.gazette, wish=Wish(out.url("/broken")))
    Target.objects.update(failing_since=timezone.now() - timedelta(days=days), failures=9)
    say("Rye.")
    work()
    target.refresh_from_db()
    assert target.is_on == is_on
    assert len(mail.outbox) == (0 if is_on else 1)
    change_target(target=target, wish=replace(wish_of(target), is_on=True))
    assert (target.is_on, target.off_for, target.failing_since, target.failures) == (True, "", None, 0)


def test_an_owner_who_likes_no_mail_gets_none_and_whose_webhook_is_on_again_neither(
    cast: Cast, say: Say, out: Outsider, work: Work
) -> None:
    confirm(cast)
    add_target(forum=cast.gazette, wish=Wish(out.url("/gone")))
    say("Rye.")
    keep_preferences(user=account(cast.ann), mail="never")
    work()
    keep_preferences(user=account(cast.ann), mail="daily")
    target = Target.objects.get()
    change_target(target=target, wish=replace(wish_of(target), is_on=True))
    say("Wheat.")
    drain("p1")
    drain("default", [Lane.LOW])
    change_target(target=target, wish=Wish(out.url("/told")))
    work()
    assert mail.outbox == []


def test_the_dead_are_sent_again_by_hand(
    cast: Cast, say: Say, out: Outsider, target: Target, work: Work
) -> None:
    for number in range(3):
        say(f"Rye {number}.")
    drain("p1")
    Delivery.objects.update(state="dead", tries=8)
    Target.objects.update(rest_until=timezone.now() + timedelta(hours=1))
    work()
    assert out.heard == []
    target.refresh_from_db()
    assert resend_dead(target) == 3
    work()
    assert (states(), len(out.heard)) == (["taken"] * 3, 3)
    assert resend_dead(target) == 0
    one = Delivery.objects.order_by("id")[0]
    assert resend(target, one.pk)
    work()
    assert len(out.heard) == 4
    assert out.heard[3][1]["webhook-id"] == one.message_id
    assert not resend(target, 0)


def test_a_test_is_tried_by_the_worker_also_of_a_target_that_is_off_and_one_at_a_time(
    cast: Cast, out: Outsider, target: Target, work: Work
) -> None:
    Target.objects.update(is_on=False)
    for _press in range(3):
        send_test(target)
    assert out.heard == []
    work()
    assert (len(out.heard), states()) == (1, ["taken"])


def test_both_secrets_sign_what_goes_out_during_a_rotation(
    cast: Cast, say: Say, out: Outsider, target: Target, work: Work
) -> None:
    old = target.secret
    say("Rye.")
    drain("p1")
    new = rotate_secret(target=target)
    work()
    [(_path, headers, body)] = out.heard
    assert [verified(each, headers, body) for each in (new, old)] == [[True, False], [False, True]]


def test_a_target_that_is_ended_takes_its_deliveries_along(
    cast: Cast, say: Say, out: Outsider, target: Target, work: Work
) -> None:
    say("Rye.")
    drain("p1")
    end_target(target=target)
    work()
    assert (out.heard, states()) == ([], [])


def test_deliveries_are_kept_for_thirty_days(cast: Cast, say: Say, target: Target) -> None:
    say("Rye.")
    say("Wheat.")
    drain("p1")
    young = Delivery.objects.order_by("id")[1]
    Delivery.objects.exclude(pk=young.pk).update(made_at=timezone.now() - timedelta(days=31))
    assert trim_deliveries() == 1
    assert Delivery.objects.get() == young


def confirm(cast: Cast) -> None:
    user = account(cast.ann)
    user.emailaddress_set.create(email=user.email, verified=True, primary=True)
