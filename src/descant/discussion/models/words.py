"""The words of a comment, kept beside it for those who search: posting writes none of them."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Lookup

from descant.discussion.models.comments import Comment
from descant.discussion.models.rows import OfForum
from django_headroom.partitions import SameTenant

LOOKED_THROUGH = 20_000  # on SQLite: rows with all the words, the last written


class WordsField(models.TextField):
    """Words with blanks between them, each once; the database keeps an index of them (see migration 0007)."""


@WordsField.register_lookup
class HasAll(Lookup):
    """``words__has_all=["forum7", "bre"]``: there is a word that begins so, for each of these."""

    lookup_name = "has_all"
    prepare_rhs = False

    def get_db_prep_lookup(self, value: Any, connection: Any) -> tuple[str, tuple[str]]:
        if connection.vendor == "postgresql":
            return "%s", (" & ".join(f"'{word}':*" for word in value),)
        return "%s", (" AND ".join(f'"{word}"*' for word in value),)

    def as_postgresql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        column, column_params = self.process_lhs(compiler, connection)
        asked, params = self.process_rhs(compiler, connection)
        return f"array_to_tsvector(string_to_array({column}, ' ')) @@ {asked}::tsquery", (
            *column_params,
            *params,
        )

    def as_sqlite(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        asked, params = self.process_rhs(compiler, connection)
        table = connection.ops.quote_name(self.lhs.alias)
        found = (
            f"SELECT rowid FROM discussion_words_index WHERE discussion_words_index MATCH {asked}"
            f" ORDER BY rowid DESC LIMIT {LOOKED_THROUGH}"  # FTS5 walks them so; sorting a million takes seconds
        )
        return f"{table}.comment_id IN ({found})", tuple(params)


class Words(OfForum):
    """The distinct words of a comment and of its author's name; the first names its forum, so that the index does."""

    id = None
    comment = models.OneToOneField(
        Comment, on_delete=models.CASCADE, primary_key=True, related_name="+", db_constraint=False
    )
    comment_id: int
    words = WordsField()
    created_at = models.DateTimeField()  # of the comment: the newest are looked through first

    objects: ClassVar

    class Meta:
        constraints = [SameTenant("forum", "comment", name="words_of_own_comment")]
        indexes = [models.Index(fields=["forum", "created_at", "comment"], name="words_of_forum")]

    def __str__(self) -> str:
        return f"words of comment {self.comment_id}"
