"""Who may see a comment: the one place where it is decided, for every surface."""

from copy import copy

from django.db.models import Q

from descant.discussion.authors import Author
from descant.discussion.models import SHADOW_BAN, Comment


def may_see(comment: Comment, viewer: Author | None) -> bool:
    """Whether the text of a comment may be shown to a person; None is everybody.

    What is shown is for all; what waits is for its author and for moderators; what is hidden or spam for moderators;
    what was deleted is for nobody.
    """
    if comment.is_shown:
        return True
    if viewer is None or comment.state == Comment.State.DELETED:
        return False
    return viewer.moderates or (comment.state == Comment.State.WAITING and is_own(comment, viewer))


def as_its_author_sees(comment: Comment) -> Comment:
    """A comment as she is answered who wrote it: of a secret ban she is not told, so she sees it shown."""
    if comment.state != Comment.State.SPAM or comment.reasons != [SHADOW_BAN]:
        return comment
    seen = copy(comment)
    seen.state, seen.reasons = Comment.State.SHOWN, []
    return seen


def own_rows(author: Author, within: str = "") -> Q:
    """The rows of comments that this person wrote; ``within`` leads to them from other rows, such as ``comment__``."""
    if author.user is not None:
        return Q(**{f"{within}author": author.user.pk})
    return Q(**{f"{within}guest": author.guest, f"{within}author": None})


def is_own(comment: Comment, author: Author) -> bool:
    """Whether this person wrote the comment."""
    if author.user is not None:
        return comment.author_id == author.user.pk
    return bool(author.guest) and comment.guest == author.guest
