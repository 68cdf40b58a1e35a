"""The letter that tells an owner that the file she has asked for is there."""

from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from descant.discussion.deciding.carrying import GLOBAL, KEPT
from descant.discussion.signals import export_made
from descant.followups.mail.letters import letter, post_letters
from descant.followups.mail.recipients import NotWanted
from descant.followups.mail.said import Said
from descant.followups.models import Kind, Letter
from descant.forums.models import Forum, Role
from django_headroom.transactions import writing


def connect() -> None:
    """Listen to files that were made."""
    export_made.connect(write_to_owner, dispatch_uid="followups.exports")


def write_to_owner(data: dict[str, Any], *, event_id: str) -> None:
    """Tell who has asked for it, once."""
    about = f"x{data['export_id']}"
    with writing(GLOBAL):
        post_letters([letter(f"u{data['by_id']}", about, Kind.EXPORT, forum_id=data["forum_id"])])


def exported(letter: Letter, forum: Forum) -> Said:
    """
    Raises:
        NotWanted: the file is gone by now, or the forum is not hers any more.
    """
    exports: Any = forum.exports
    export = exports.filter(pk=int(letter.about[1:]), state="finished").first()
    owns = Role.objects.filter(forum=forum, kind=Role.Kind.OWNER, user=int(letter.recipient[1:]))
    if export is None or not owns.exists():
        raise NotWanted("gone")
    page = reverse("forum_exports", args=[forum.name])
    given = {
        "export": export,
        "until": export.finished_at + KEPT,
        "link": f"{settings.DESCANT_URL}{page}",
    }
    return Said("export", _("The file of %(forum)s is ready") % {"forum": forum.title}, given=given)
