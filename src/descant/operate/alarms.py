"""Letters to the operators: of errors that are new or have come back, and of what did not happen though it was due."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime

from django.conf import settings
from django.core.cache import cache
from django.core.mail import send_mail
from django.db import InterfaceError, OperationalError
from django.db.models import Count
from django.urls import reverse
from django.utils import timezone

from descant.operate.upgrading import aliases
from django_headroom.delayed.jobs.scheduling import every, job_states
from django_headroom.delayed.letters import dead_letters
from django_headroom.operations.errors.telling import Digest, give_back, take_digest
from django_headroom.operations.errors.trimming import trim

TOLD = "descant/operate/told-of-what-did-not-happen"  # until when
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


@every(300, name="tell of errors", limit=60)
def tell_of_errors() -> None:
    """One letter for all that has come since the last; without addresses the page alone tells of it."""
    if not settings.DESCANT_ERRORS_MAIL:
        return
    digest = take_digest()
    if digest is None:
        return
    try:
        send_mail(_subject(digest), "\n".join(_lines(digest)), None, settings.DESCANT_ERRORS_MAIL)
    except OSError:  # of smtplib as well
        give_back(digest)
        raise


@every(300, name="tell of what did not happen", limit=60)
def tell_of_what_did_not_happen() -> None:
    """One letter for all dead letters and late jobs since the last one; a database that is away says nothing.

    Of a worker that stands still no worker tells: for that `descant jobs` is asked from outside.
    """
    if not settings.DESCANT_ERRORS_MAIL:
        return
    begun, before = timezone.now(), cache.get(TOLD, _LONG_AGO)
    dead = list(_died_since(before))
    late = [state for state in job_states() if state.is_late and state.late_from >= before]
    if dead or late:
        lines = [f"{signal}, {count} times in {alias}" for alias, signal, count in dead]
        lines += [f"did not run: {state.schedule.name}" for state in late]
        lines += ["", f"{settings.DESCANT_URL}{reverse('operate_events')}"]
        subject = f"Did not happen: {sum(count for *_, count in dead)} events, {len(late)} jobs"
        send_mail(subject, "\n".join(lines), None, settings.DESCANT_ERRORS_MAIL)
    cache.set(TOLD, begun, timeout=None)


def _died_since(before: datetime) -> Iterator[tuple[str, str, int]]:
    """In which database, of which signal, how many."""
    for alias in aliases():
        with suppress(OperationalError, InterfaceError):
            rows = dead_letters(alias).filter(dead_at__gte=before).order_by()
            for signal, count in sorted(rows.values_list("signal").annotate(Count("pk"))):
                yield alias, signal, count


@every(3600, name="forget errors", limit=300)
def forget_errors() -> None:
    """What was counted last three months ago goes."""
    trim()


def _subject(digest: Digest) -> str:
    parts = [
        (digest.new, "new"),
        (digest.regressed, "come back"),
        (len(digest.surging), "ten times as often"),
    ]
    return "Errors: " + ", ".join(f"{count} {words}" for count, words in parts if count)


def _lines(digest: Digest) -> Iterator[str]:
    told = [(group.get_state_display(), group) for group in digest.groups]
    told += [("Ten times as often as the day before", group) for group in digest.surging]
    for words, group in told:
        yield f"{words}: {group.title} in {group.culprit}, {group.count} times"
        yield f"    {group.message}"
        yield f"    {settings.DESCANT_URL}{reverse('operate_error', kwargs={'number': group.pk})}"
        yield ""
    rest = digest.new + digest.regressed - len(digest.groups)
    if rest:
        yield f"… and {rest} more: {settings.DESCANT_URL}{reverse('operate_errors')}"
