"""Categories: made by owners, chosen for threads, and what is in each of them told by itself."""

from collections.abc import Callable

import pytest

from descant.discussion.addressing.addresses import PageAddress
from descant.discussion.addressing.finding import make_thread
from descant.discussion.deciding import undo_batch
from descant.discussion.deciding.categories import add_category, remove_category
from descant.discussion.models import Comment, Decision, Thread
from descant.discussion.posting import Draft, post_comment
from descant.forums import directory
from descant.forums.models import Category, Forum
from django_headroom.testing import query_budget
from tests.descant.api.conftest import Program
from tests.descant.api.reading.conftest import Ask
from tests.descant.conftest import Cast

Say = Callable[..., Comment]


@pytest.fixture
def recipes(cast: Cast) -> Category:
    return add_category(forum=cast.gazette, by=cast.ann, title="Recipes")


@pytest.fixture
def soup(cast: Cast, recipes: Category) -> Thread:
    """The thread of a page that named its category when somebody first wrote there."""
    page = PageAddress("soup", "https://gazette.example/soup", "Soup", str(recipes.pk))
    comment = post_comment(forum=cast.gazette, thread=page, author=cast.cy, draft=Draft(text="Leek."))
    thread: Thread = comment.thread
    return thread


def test_a_forum_has_a_general_category_from_the_beginning(guest: Ask, cast: Cast) -> None:
    general = {
        "id": str(cast.gazette.pk),
        "forum": "gazette",
        "title": "General",
        "order": 0,
        "isDefault": True,
    }
    for name in ("categories/list", "forums/listCategories"):
        assert guest(name)["response"] == [general]
    assert guest("categories/details", category=cast.gazette.pk)["response"] == general
    assert guest("forums/details")["response"]["category"] == general["id"]


def test_a_program_makes_categories_in_their_order(anns: Program, bos: Program, guest: Ask) -> None:
    made = [
        anns.ask("categories/create", title=title) for title in ("Recipes", " Tools\n", "Recipes", "General")
    ]
    assert [told.code for told in made] == [0, 0, 0, 0]
    assert (made[2].response, made[3].response["isDefault"]) == (made[0].response, True)
    assert bos.ask("categories/create", title="Mine").code == 12
    told = guest("categories/list")["response"]
    assert [(each["title"], each["isDefault"]) for each in told] == [
        ("General", True),
        ("Recipes", False),
        ("Tools", False),
    ]
    assert guest("categories/details", category=told[2]["id"])["response"] == told[2]


def test_what_is_in_a_category_is_told_by_itself(
    guest: Ask, say: Say, cast: Cast, recipes: Category, soup: Thread
) -> None:
    rye = say("Rye.")
    general = cast.gazette.pk
    for category, thread, said in ((recipes.pk, soup, "Leek."), (general, rye.thread, "Rye.")):
        for name in ("threads/list", "categories/listThreads", "threads/listHot", "threads/listPopular"):
            told = guest(name, category=category)["response"]
            assert [each["id"] for each in told] == [str(thread.pk)], name
            assert told[0]["category"] == str(category)
        for name in ("posts/list", "categories/listPosts", "posts/listPopular"):
            told = guest(name, category=category)["response"]
            assert [each["raw_message"] for each in told] == [said], name
    for name, found in (("threads/list", 2), ("posts/list", 2)):
        assert len(guest(name, category=[general, recipes.pk])["response"]) == found
        assert guest(name, category=99)["response"] == []
    assert guest("categories/listThreads", category=99)["code"] == 8


def test_categories_are_paged_like_all_lists(guest: Ask, cast: Cast, recipes: Category) -> None:
    other = add_category(forum=cast.gazette, by=cast.ann, title="Tools")
    numbers = [str(recipes.pk), str(other.pk), ""]
    made = [
        make_thread(cast.gazette, PageAddress(str(number), category=numbers[number % 3]))
        for number in range(6)
    ]
    asked = {"category": [recipes.pk, other.pk], "limit": 3, "order": "asc"}
    first = guest("threads/list", **asked)
    second = guest("threads/list", **asked, cursor=first["cursor"]["next"])
    told = [each["id"] for page in (first, second) for each in page["response"]]
    assert told == [str(made[number].pk) for number in (0, 1, 3, 4)]


def test_the_category_of_a_thread_is_given_whole(guest: Ask, recipes: Category, soup: Thread) -> None:
    told = guest("threads/details", thread=soup.pk, related="category")["response"]
    assert (told["category"]["id"], told["category"]["title"]) == (str(recipes.pk), "Recipes")


def test_a_thread_is_put_into_a_category_and_taken_back(
    bos: Program, cast: Cast, bread: Thread, recipes: Category
) -> None:
    told = bos.ask("threads/update", thread=bread.pk, category=recipes.pk)
    assert told.response["category"] == str(recipes.pk)
    renamed = Decision.objects.of(cast.gazette).get(verdict="rename")
    assert undo_batch(forum=cast.gazette, batch=renamed.batch, by=cast.ann) == 1
    bread.refresh_from_db()
    assert bread.category_id is None
    made = bos.ask("threads/create", title="Soup", identifier="soup", category=recipes.pk).response
    assert made["category"] == str(recipes.pk)
    told = bos.ask("threads/update", thread=made["id"], category=cast.gazette.pk)
    assert told.response["category"] == str(cast.gazette.pk)
    for name, more in (
        ("threads/update", {"thread": bread.pk}),
        ("threads/create", {"title": "x", "identifier": "x"}),
    ):
        assert bos.ask(name, **more, category=cast.tribune.pk).code == 2


def test_a_page_cannot_name_a_category_of_another_forum(cast: Cast, recipes: Category) -> None:
    page = PageAddress("soup", "https://tribune.example/soup", category=str(recipes.pk))
    assert make_thread(cast.tribune, page).category_id is None


def test_the_threads_of_a_category_that_goes_are_general(
    guest: Ask, cast: Cast, recipes: Category, soup: Thread
) -> None:
    remove_category(forum=cast.gazette, by=cast.ann, number=recipes.pk)
    general = str(cast.gazette.pk)
    assert guest("threads/details", thread=soup.pk)["response"]["category"] == general
    assert [each["id"] for each in guest("threads/list", category=general)["response"]] == [str(soup.pk)]
    assert len(guest("categories/list")["response"]) == 1


def test_categories_cost_readers_nothing(cast: Cast, soup: Thread) -> None:
    """They come with the forum, by the query that brings its domains and roles."""
    directory.forget()
    with query_budget(2):
        forum: Forum = directory.forum_named("gazette")
        assert len(forum.categories.all()) == 1
