"""What a file of the native format holds: rows of these kinds, a line of JSON for each, with these columns."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from descant.accounts.models import User
from descant.discussion.models import Appeal, Comment, Decision, Flag, Moved, Thread, ThreadVote, Vote
from descant.forums.models import Ban, Category, Change, Forum, Role, Rule, RuleVersion

FORMAT: Final = "native"
VERSION: Final = 1
SETTINGS: Final = tuple(
    "title language premoderation guests_may_post flags_to_hold when_unjudged shadow_bans is_transparent policy"
    " look has_labs general".split()
)


@dataclass(frozen=True)
class Kind:
    """Rows of one model: their columns, those that are about a person's addresses, and what tells two apart."""

    model: type[Any]
    columns: tuple[str, ...]
    personal: tuple[str, ...] = ()
    same: tuple[str, ...] = ()
    added: tuple[str, ...] = ()  # columns that older files have not

    @property
    def whose(self) -> str:
        """What leads from a row to its forum."""
        return "rule__forum" if self.model is RuleVersion else "forum"


def _kind(model: type[Any], columns: str, **some: str) -> Kind:
    return Kind(model, tuple(columns.split()), **{name: tuple(said.split()) for name, said in some.items()})


# In the global database.
OF_FORUM: Mapping[str, Kind] = {
    "category": _kind(Category, "id title place former"),
    "role": _kind(Role, "user_id kind"),
    "rule": _kind(
        Rule, "id title kind said effect is_on version changed_by_id changed_at ended_at",
        same="changed_at title kind",
    ),
    "rule_version": _kind(RuleVersion, "rule_id version said effect by_id made_at", same="made_at rule_id"),
    "ban": _kind(
        Ban, "kind value shown is_shadow reason by_id made_at until lifted_at lifted_by_id", same="made_at value"
    ),
    "change": _kind(Change, "rule_id by_id what whom_id about said why made_at", same="made_at what about"),
}  # fmt: skip
# In the forum's partition.
SAID: Mapping[str, Kind] = {
    "thread": _kind(
        Thread, "id title url state merged_into_id pinned_id category_id ups downs created_at source"
        " source_id",
        added="category_id ups downs",
    ),
    "comment": _kind(
        Comment,
        "id thread_id parent_id author_id guest author_name author_url text format state marked_spam reasons flags"
        " needs_look created_at edited_at ups downs score source source_id",
        personal="author_email origin origin_range",
    ),
    "vote": _kind(Vote, "comment_id voter value cast_at", personal="address_mark"),
    "thread_vote": _kind(ThreadVote, "thread_id voter value cast_at"),
    "flag": _kind(Flag, "comment_id flagger reason note flagged_at", personal="address_mark"),
    "decision": _kind(
        Decision, "comment_id thread_id by_id verdict before after reason kept batch undoes decided_at",
        same="decided_at batch comment_id thread_id",
    ),
    "moved": _kind(Moved, "batch comment_id address_id", same="batch comment_id address_id"),
    "appeal": _kind(Appeal, "comment_id said made_at answer answered_at"),
}  # fmt: skip
# Neither the name that signs in nor the address: these are the person's, not the forum's.
ACCOUNT = _kind(User, "id name")
KINDS: Mapping[str, Kind] = {"account": ACCOUNT, **OF_FORUM, **SAID}
# Which columns name whom.
PEOPLE: Final = {"author_id", "by_id", "user_id", "changed_by_id", "lifted_by_id", "whom_id"}
VOICES: Final = {"voter", "flagger"}


def settings_of(forum: Forum) -> dict[str, Any]:
    return {name: getattr(forum, name) for name in SETTINGS}
