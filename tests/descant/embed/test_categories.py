"""The category that a page names is that of its thread, once somebody writes there first."""

from typing import Any

import pytest
from django.test import Client

from descant.discussion.addressing.addresses import PageAddress
from descant.discussion.addressing.finding import find_thread
from descant.discussion.deciding.categories import add_category
from descant.forums.directory import forum_with_id
from descant.forums.models import Category, category_with
from django_headroom.updates import change
from tests.descant.conftest import Cast


@pytest.fixture
def recipes(cast: Cast, settings: Any) -> Category:
    """As one that has come from Disqus."""
    settings.DESCANT_COMMENTS_PER_MINUTE = 0
    made = add_category(forum=cast.gazette, by=cast.ann, title="Recipes")
    change(made, former="77")
    return made


def write(client: Client, cast: Cast, category: str | None) -> str:
    """Somebody writes on a page that names a category; gives the title of the one that its thread has."""
    page = {"identifier": "soup", "url": "https://gazette.example/soup", "category": category}
    body = {
        "forum": "gazette",
        "thread": page,
        "text": "Leek.",
        "name": "Gus",
        "key": f"{category}-{'k' * 32}",
    }
    headers = {"Origin": "http://testserver"}
    answer = client.post("/embed/do/post", body, content_type="application/json", headers=headers)
    assert answer.status_code == 201, answer.content
    found = find_thread(cast.gazette, PageAddress("soup"))
    assert found is not None
    return category_with(forum_with_id(cast.gazette.pk), found.category_id).title


@pytest.mark.usefixtures("recipes")
@pytest.mark.parametrize(
    ("name", "title"),
    [("77", "Recipes"), ("78", "General"), ("news", "General"), ("", "General"), (None, "General")],
)
def test_a_page_names_the_category_of_its_thread(
    client: Client, cast: Cast, name: str | None, title: str
) -> None:
    assert write(client, cast, name) == title


def test_it_counts_once(client: Client, cast: Cast, recipes: Category) -> None:
    other = add_category(forum=cast.gazette, by=cast.ann, title="Tools")
    for named in (recipes, other):
        assert write(client, cast, str(named.pk)) == "Recipes"
