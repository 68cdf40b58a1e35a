"""The owners of a forum are told by mail that a webhook of theirs was switched off, once for each time."""

from django.utils import timezone

from descant.followups.mail.letters import letter, post_letters
from descant.followups.models import Kind
from descant.forums.models import Role, Target


def tell_owners(target: Target) -> None:
    """Write the letters; within the transaction that has switched the target off."""
    owners = Role.objects.filter(forum=target.forum_id, kind=Role.Kind.OWNER).values_list(
        "user_id", flat=True
    )
    about = f"w{target.pk} {timezone.now():%Y%m%d%H%M%S}"
    post_letters(letter(f"u{each}", about, Kind.WEBHOOK, forum_id=target.forum_id) for each in owners)
