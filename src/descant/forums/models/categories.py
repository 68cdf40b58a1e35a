"""Categories: the parts of a forum, by which its threads are told apart; readers never see them."""

import secrets
from typing import ClassVar

from django.db import models

from descant.forums.models.forum import Forum
from django_headroom.updates import NoBareSave

CATEGORY_TITLE_MOST = 80
CATEGORIES_MOST = 100  # of a forum: they are loaded with it
_FIRST = 1 << 48  # beyond the numbers of forums, one of which the general category bears


def new_number() -> int:
    """The number of a category, and of no forum."""
    return _FIRST + secrets.randbelow(_FIRST)


class Category(NoBareSave):
    """A part of a forum beside the general one, which has no row: its title stands with the forum."""

    id = models.BigIntegerField(primary_key=True, default=new_number)
    forum = models.ForeignKey(Forum, on_delete=models.CASCADE, related_name="categories")
    title = models.CharField(max_length=CATEGORY_TITLE_MOST)
    place = models.PositiveSmallIntegerField(default=0)  # among those of its forum
    former = models.CharField(
        max_length=30, blank=True
    )  # its id at the service it came from, which pages may name

    objects: ClassVar = models.Manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["forum", "title"], name="forums_category_once")]

    def __str__(self) -> str:
        return self.title

    @property
    def is_general(self) -> bool:
        """Whether it is the one of all threads that name no other."""
        return bool(self.pk == self.forum_id)


def categories_of(forum: Forum) -> list[Category]:
    """All of a forum's, in their order: the general one first."""
    others = sorted(forum.categories.all(), key=lambda each: (each.place, each.pk))
    return [general_of(forum), *others]


def category_with(forum: Forum, number: int | None) -> Category:
    """The category of this number; the general one where there is none, or not any more."""
    others = forum.categories.all() if number else ()
    return next((each for each in others if each.pk == number), None) or general_of(forum)


def category_named(forum: Forum, name: str) -> Category:
    """The category that a page names, by its number here or at the service it came from; else the general one."""
    others = forum.categories.all() if name else ()
    return next((each for each in others if name in (str(each.pk), each.former)), None) or general_of(forum)


def general_of(forum: Forum) -> Category:
    """The category of all threads that name no other; it bears the forum's number."""
    return Category(pk=forum.pk, forum=forum, title=forum.general)
