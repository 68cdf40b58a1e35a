"""What moderators decide, one file for each kind of thing; every decision is a row, and a batch can be undone."""

from descant.discussion.deciding.abilities import NotAModerator, check_ability
from descant.discussion.deciding.appealing import AnsweredAlready, CannotAppeal, answer_appeal, appeal_against
from descant.discussion.deciding.comments import NoSuchVerdict, decide, edit_for_author
from descant.discussion.deciding.merging import CannotMerge, merge_threads
from descant.discussion.deciding.removing import remove_thread, restore_thread
from descant.discussion.deciding.threads import CannotRename, pin_comment, rename_thread, set_thread_state
from descant.discussion.deciding.undoing import NothingToUndo, undo_batch, undo_step

__all__ = [
    "AnsweredAlready",
    "CannotAppeal",
    "CannotMerge",
    "CannotRename",
    "NoSuchVerdict",
    "NotAModerator",
    "NothingToUndo",
    "answer_appeal",
    "appeal_against",
    "check_ability",
    "decide",
    "edit_for_author",
    "merge_threads",
    "pin_comment",
    "remove_thread",
    "rename_thread",
    "restore_thread",
    "set_thread_state",
    "undo_batch",
    "undo_step",
]
