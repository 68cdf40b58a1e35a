"""Reading the categories of a forum, and what is in one."""

from descant.api.arguments import PAGING
from descant.api.declaring import Asked, Page, endpoint
from descant.api.declaring.parameters import row_id
from descant.api.finding import in_categories
from descant.api.objects.forums import category_object
from descant.api.objects.shapes import Category, Post, Thread
from descant.api.reading.paging import cursor_of
from descant.api.reading.posts_of import BESIDE, posts_page
from descant.api.reading.threads_of import INCLUDE, RELATED, threads_page
from descant.discussion.models import Comment
from descant.discussion.models import Thread as Row
from descant.forums.models import Category as Found
from descant.forums.models import Forum, categories_of

CATEGORY = row_id("category", "The category's id.")
GENERAL = {"category": "{category}"}


@endpoint("categories/list")
def listed(asked: Asked) -> Page[Category]:
    """The categories of the forum, in their order."""
    return categories_told(asked.forum)


@endpoint("categories/details", takes=(CATEGORY,), example=GENERAL)
def details(asked: Asked) -> Category:
    """A category."""
    return category_object(_found(asked), asked.forum)


@endpoint("categories/listThreads", takes=(CATEGORY, *PAGING, INCLUDE, RELATED), example=GENERAL)
def list_threads(asked: Asked) -> Page[Thread]:
    """The threads of a category."""
    forum, number = asked.forum, _found(asked).pk
    return threads_page(
        asked, lambda alias: in_categories(Row.objects.of(forum).using(alias), forum, [number])
    )


@endpoint("categories/listPosts", takes=(CATEGORY, *PAGING, *BESIDE), example=GENERAL)
def list_posts(asked: Asked) -> Page[Post]:
    """The comments in the threads of a category."""
    forum, number = asked.forum, _found(asked).pk
    return posts_page(
        asked,
        lambda alias: in_categories(
            Comment.objects.of(forum).using(alias), forum, [number], thread="thread__"
        ),
    )


def categories_told(forum: Forum) -> Page[Category]:
    """All of them: they are few."""
    return Page([category_object(each, forum) for each in categories_of(forum)], cursor_of())


def _found(asked: Asked) -> Found:
    for category in categories_of(asked.forum):
        if category.pk == asked[CATEGORY]:
            return category
    raise Found.DoesNotExist("Invalid argument, 'category': there is no such category in this forum.")
