"""`descant events` shows what waits and what was tried in vain, and tells it again; `descant jobs` what did not run."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.cache import cache
from django.utils import timezone

from descant.operate.alarms import TOLD, tell_of_what_did_not_happen
from descant.site.command import main
from django_headroom.delayed import signals
from django_headroom.delayed.jobs.scheduling import run_due_jobs
from django_headroom.delayed.models import Event, Job
from django_headroom.delayed.receivers import Retry
from django_headroom.delayed.signals import DelayedSignal
from django_headroom.delayed.worker import drain
from django_headroom.transactions import writing

pytestmark = pytest.mark.django_db(databases=["default", "p1", "p2"], transaction=True)


@pytest.fixture
def dead() -> Iterator[Event]:
    baked = DelayedSignal("baked", schema=1)

    def fail(data: dict[str, Any]) -> None:
        raise ValueError("the oven is cold")

    baked.connect(fail, dispatch_uid="oven", retry=Retry(tries=1))
    with writing("p1"):
        baked.say(at="p1")
    drain("p1")
    yield Event.objects.using("p1").get()
    signals._signals.pop("baked")
    Event.objects.using("p1").all().delete()


def test_dead_letters_are_counted_shown_and_told_again(
    dead: Event, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["events", "list"]) == 1, "an alarm"
    assert "p1\tlow\t0\t1\t-" in capsys.readouterr().out.splitlines()
    assert main(["events", "dead"]) == 0
    assert capsys.readouterr().out == f"p1:{dead.pk}\tbaked\toven\t1\tValueError: the oven is cold\n"
    main(["events", "dead", "--traceback"])
    assert "in fail" in capsys.readouterr().out
    assert main(["events", "replay", f"p1:{dead.pk}"]) == 0
    assert capsys.readouterr().out == "1 told again.\n"
    assert main(["events", "list"]) == 0
    drain("p1")
    assert main(["events", "drop", "--all"]) == 0
    assert not Event.objects.using("p1").exists()


@pytest.mark.parametrize("words", [[], ["p1:7", "--all"], ["p7:7"], ["7"], ["p1:x"]])
def test_what_names_no_letter_is_refused(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["events", "drop", *words]) == 2
    assert "descant events dead" in capsys.readouterr().err


def test_a_job_that_did_not_run_is_an_alarm(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["jobs"]) == 0
    Job.objects.using("default").update(since=timezone.now() - timedelta(days=1))
    assert main(["jobs"]) == 1
    assert "forget what was heard\tlast went well: never" in capsys.readouterr().out
    run_due_jobs()
    assert main(["jobs"]) == 0
    Job.objects.using("default").all().delete()


def test_operators_are_told_once_of_what_is_dead_and_of_what_did_not_run(dead: Event, settings: Any) -> None:
    run_due_jobs()
    cache.delete(TOLD)
    tell_of_what_did_not_happen()
    assert mail.outbox == [], "without an address nobody is told"
    settings.DESCANT_ERRORS_MAIL = ["opal@comments.example"]
    Job.objects.using("default").filter(name="trim notices").update(
        succeeded_at=timezone.now() - timedelta(hours=3)
    )
    for _look in range(2):
        tell_of_what_did_not_happen()
    (letter,) = mail.outbox
    assert (letter.to, letter.subject) == (settings.DESCANT_ERRORS_MAIL, "Did not happen: 1 events, 1 jobs")
    assert letter.body.splitlines()[:2] == ["baked, 1 times in p1", "did not run: trim notices"]
    Event.objects.using("p1").update(dead_at=timezone.now())
    tell_of_what_did_not_happen()
    assert mail.outbox[1].subject == "Did not happen: 1 events, 0 jobs"


def test_a_letter_that_no_server_takes_is_written_again(dead: Event, settings: Any) -> None:
    cache.delete(TOLD)
    settings.DESCANT_ERRORS_MAIL = ["opal@comments.example"]
    settings.EMAIL_BACKEND, settings.EMAIL_HOST = "django.core.mail.backends.smtp.EmailBackend", "127.0.0.1"
    settings.EMAIL_PORT = 1
    with pytest.raises(OSError, match="refused"):
        tell_of_what_did_not_happen()
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    tell_of_what_did_not_happen()
    assert "baked" in mail.outbox[0].body
