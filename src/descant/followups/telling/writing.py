"""Writing down what people are told: notices and letters, each once."""

from collections.abc import Mapping

from descant.accounts.models import Preferences
from descant.discussion.models import Comment
from descant.followups.mail.letters import had_enough, letter, next_digest, post_letters
from descant.followups.models import Kind, Notice
from django_headroom.transactions import writing


def tell(*, about: str, comment: Comment, hearers: Mapping[str, Kind]) -> None:
    """Note for each hearer what happened, and write the letters that they like; told twice, it is the same.

    Who has had many letters lately gets none of it; an account has the notice all the same.

    Args:
        about: ``c44`` for the comment itself, ``d5`` for a decision about it.
        hearers: named as followers are, and why each hears of it.
    """
    place = {"forum_id": comment.forum_id, "comment_id": comment.pk}
    users = {int(each[1:]): kind for each, kind in hearers.items() if each[0] == "u"}
    likes = dict(Preferences.objects.filter(user_id__in=users).values_list("user_id", "mail"))
    at_once, daily = [], []
    due = next_digest()
    for hearer, kind in hearers.items():
        likes_mail = likes.get(int(hearer[1:]), Preferences.Mail.REPLIES) if hearer[0] == "u" else "replies"
        if likes_mail == Preferences.Mail.REPLIES:
            at_once.append(letter(hearer, about, kind, **place))
        elif likes_mail == Preferences.Mail.DAILY:
            daily.append(letter(hearer, f"day {due.date()}", Kind.DIGEST))
    full = had_enough([each.recipient for each in at_once]) if at_once else set()
    notices = [Notice(user_id=user_id, about=about, kind=kind, **place) for user_id, kind in users.items()]
    with writing("default"):
        Notice.objects.bulk_create(notices, ignore_conflicts=True)
        post_letters(each for each in at_once if each.recipient not in full)
        post_letters(daily, due=due)
