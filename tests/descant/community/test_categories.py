"""The owner's page of categories: made, called otherwise, put in order, taken away, and all of it in the history."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from django.test import Client

from descant.discussion.addressing.addresses import PageAddress
from descant.discussion.addressing.finding import make_thread
from descant.discussion.authors import Author
from descant.discussion.deciding import NotAModerator
from descant.discussion.deciding import categories as acts
from descant.discussion.deciding.owning import CannotChange
from descant.forums.directory import forum_with_id
from descant.forums.models import CATEGORIES_MOST, Category, Change, categories_of
from tests.descant.conftest import Cast

HERE = "/f/gazette/settings/categories/"
SignedIn = Callable[[Author], Client]


def titles(cast: Cast) -> list[str]:
    return [category.title for category in categories_of(forum_with_id(cast.gazette.pk))]


def number_of(title: str) -> int:
    return Category.objects.get(title=title).pk


def test_an_owner_makes_renames_orders_and_removes_them(cast: Cast, signed_in: SignedIn) -> None:
    ann = signed_in(cast.ann)
    for title in ("Recipes", "Tools", "Letters"):
        ann.post(HERE, {"add": "", "title": title, "why": "So it is."})
    ann.post(HERE, {"rename": cast.gazette.pk, "title": "News"})
    ann.post(HERE, {"rename": number_of("Tools"), "title": "Knives"})
    ann.post(HERE, {"raise": number_of("Letters")})
    assert titles(cast) == ["News", "Recipes", "Letters", "Knives"]
    page = ann.post(HERE, {"remove": number_of("Recipes")}, follow=True).content.decode()
    assert titles(cast) == ["News", "Letters", "Knives"]
    assert "Its threads are in the first one." in page
    history = ann.get("/f/gazette/settings/history/").content.decode()
    for words in ("Category added", "Category renamed", "Category removed", "So it is."):
        assert words in history
    assert Change.objects.filter(forum=cast.gazette).count() == 6


@pytest.mark.parametrize("title", ["", " \n", "General", "Recipes"])
def test_a_title_that_is_none_or_taken_is_refused(cast: Cast, signed_in: SignedIn, title: str) -> None:
    acts.add_category(forum=cast.gazette, by=cast.ann, title="Recipes")
    answer = signed_in(cast.ann).post(HERE, {"add": "", "title": title})
    assert 'class="field wrong"' in answer.content.decode()
    signed_in(cast.ann).post(HERE, {"rename": cast.gazette.pk, "title": title})
    assert titles(cast) == ["General", "Recipes"]


def test_what_is_not_there_is_said_and_the_general_one_stays(cast: Cast, signed_in: SignedIn) -> None:
    acts.add_category(forum=cast.tribune, by=replace(cast.dee, role="owner"), title="Recipes")
    for number in (cast.gazette.pk, number_of("Recipes"), "x", ""):
        for act in ("remove", "raise"):
            page = signed_in(cast.ann).post(HERE, {act: number}, follow=True).content.decode()
            assert "This category is not there any more." in page
    page = signed_in(cast.ann).post(HERE, {"rename": "1" * 30, "title": "Mine"}, follow=True).content.decode()
    assert "This category is not there any more." in page
    assert Category.objects.get().title == "Recipes"


def test_a_forum_has_a_hundred_at_most(cast: Cast) -> None:
    rows = [Category(forum=cast.gazette, title=f"Part {number}") for number in range(CATEGORIES_MOST)]
    Category.objects.bulk_create(rows)
    with pytest.raises(CannotChange, match="as many categories"):
        acts.add_category(forum=cast.gazette, by=cast.ann, title="One more")


def test_only_owners_decide_about_them(cast: Cast) -> None:
    for act in (acts.rename_category, acts.remove_category, acts.raise_category):
        said = {"title": "Mine"} if act is acts.rename_category else {}
        with pytest.raises(NotAModerator):
            act(forum=cast.gazette, by=cast.bo, number=1, **said)
    with pytest.raises(NotAModerator):
        acts.add_category(forum=cast.gazette, by=cast.bo, title="Mine")


def test_a_category_that_goes_lets_go_of_its_threads_in_steps(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(acts, "STEP", 2)
    recipes = acts.add_category(forum=cast.gazette, by=cast.ann, title="Recipes")
    made = [make_thread(cast.gazette, PageAddress(str(n), category=str(recipes.pk))) for n in range(5)]
    assert {thread.category_id for thread in made} == {recipes.pk}
    acts.remove_category(forum=cast.gazette, by=cast.ann, number=recipes.pk)
    for thread in made:
        thread.refresh_from_db()
        assert thread.category_id is None
