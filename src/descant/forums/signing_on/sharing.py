"""Forums that share their people: an operator joins them, since each of their owners can then speak for all."""

from django.utils.translation import gettext as _

from descant.accounts.models import Remote
from descant.forums.models import Forum
from descant.forums.opening import change_forum
from descant.forums.signing_on.people import organisation_of


class CannotShare(Exception):
    """People would be parted from what they have written."""


def share_people(*, forum: Forum, other: Forum) -> None:
    """Let a forum have the people of another forum's organisation.

    Raises:
        CannotShare: it has people of its own, or others have its people.
    """
    organisation = organisation_of(other)
    if organisation == organisation_of(forum):
        return
    if Forum.objects.filter(organisation=forum).exists() or _has_people(forum):
        raise CannotShare(_("This forum has people of its own, who would be strangers to what they wrote."))
    change_forum(forum=forum, organisation_id=organisation)


def _has_people(forum: Forum) -> bool:
    return Remote.objects.filter(organisation=organisation_of(forum)).exists()
