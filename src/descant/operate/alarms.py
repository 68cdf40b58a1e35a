"""Jobs of the errors: a letter to the operators of what is new or has come back, and forgetting what is old."""

from collections.abc import Iterator

from django.conf import settings
from django.core.mail import send_mail
from django.urls import reverse

from django_headroom.delayed.jobs.scheduling import every
from django_headroom.operations.errors.telling import Digest, give_back, take_digest
from django_headroom.operations.errors.trimming import trim


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
