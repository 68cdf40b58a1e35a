"""What has been said in all: of a forum, and of a person."""

from descant.followups.models import ForumTotals, PersonTotals


def totals_of_forum(forum_id: int, using: str = "default") -> ForumTotals:
    """Some seconds late, as all that follows a comment."""
    found: ForumTotals | None = ForumTotals.objects.using(using).filter(pk=forum_id).first()
    return found or ForumTotals(pk=forum_id)


def totals_of_person(user_id: int, using: str = "default") -> PersonTotals:
    """On all forums together: for those who are seen everywhere."""
    found: PersonTotals | None = PersonTotals.objects.using(using).filter(pk=user_id).first()
    return found or PersonTotals(pk=user_id)
