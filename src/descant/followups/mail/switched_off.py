"""The letter that tells an owner that a webhook of hers is told nothing any more."""

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from descant.followups.mail.recipients import NotWanted
from descant.followups.mail.said import Said
from descant.followups.models import Letter
from descant.forums.models import Forum, Role, Target


def switched_off(letter: Letter, forum: Forum) -> Said:
    """
    Raises:
        NotWanted: it is on again by now, or gone, or the forum is not hers any more.
    """
    key = int(letter.about.split()[0][1:])
    target = Target.objects.filter(pk=key, forum=forum, is_on=False).exclude(off_for="").first()
    owns = Role.objects.filter(forum=forum, kind=Role.Kind.OWNER, user=int(letter.recipient[1:]))
    if target is None or not owns.exists():
        raise NotWanted("on again")
    sentences = {
        Target.Off.GONE: _("It has answered that it wants to be told nothing more (410)."),
        Target.Off.FAILING: _("It has taken nothing for five days."),
    }
    page = reverse("forum_webhook", args=[forum.name, target.pk])
    given = {
        "address": target.url,
        "sentence": sentences[Target.Off(target.off_for)],
        "link": f"{settings.DESCANT_URL}{page}",
    }
    return Said("webhook", _("A webhook of %(forum)s was switched off") % {"forum": forum.title}, given=given)
