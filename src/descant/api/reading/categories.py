"""Reading categories: each forum has one, which bears its number."""

from descant.api.arguments import PAGING
from descant.api.declaring import Asked, Page, endpoint
from descant.api.declaring.parameters import row_id
from descant.api.objects.forums import category_object
from descant.api.objects.shapes import Category, Post, Thread
from descant.api.reading.posts_of import BESIDE, posts_page
from descant.api.reading.threads_of import INCLUDE, RELATED, threads_page
from descant.discussion.models import Comment
from descant.forums.models import Forum

CATEGORY = row_id("category", "The category's id.")
GENERAL = {"category": "{category}"}


@endpoint("categories/list")
def listed(asked: Asked) -> list[Category]:
    """The categories of the forum."""
    return [category_object(asked.forum)]


@endpoint("categories/details", takes=(CATEGORY,), example=GENERAL)
def details(asked: Asked) -> Category:
    """A category."""
    return category_object(_forum_of(asked))


@endpoint("categories/listThreads", takes=(CATEGORY, *PAGING, INCLUDE, RELATED), example=GENERAL)
def list_threads(asked: Asked) -> Page[Thread]:
    """The threads of a category."""
    _forum_of(asked)
    return threads_page(asked)


@endpoint("categories/listPosts", takes=(CATEGORY, *PAGING, *BESIDE), example=GENERAL)
def list_posts(asked: Asked) -> Page[Post]:
    """The comments of a category."""
    forum = _forum_of(asked)
    return posts_page(asked, lambda alias: [Comment.objects.of(forum).using(alias)])


def _forum_of(asked: Asked) -> Forum:
    if asked[CATEGORY] != asked.forum.pk:
        raise Forum.DoesNotExist("Invalid argument, 'category': there is no such category in this forum.")
    return asked.forum
