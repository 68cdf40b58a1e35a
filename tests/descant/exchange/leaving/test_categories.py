"""Categories go along in Disqus's format and in our own, and pages may go on naming them by their former ids."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from descant.discussion.addressing.addresses import PageAddress
from descant.discussion.addressing.finding import find_thread, make_thread
from descant.discussion.deciding.categories import add_category
from descant.exchange.importing import run_import
from descant.exchange.report import Report
from descant.forums.directory import forum_with_id
from descant.forums.models import CATEGORIES_MOST, Category, Forum, categories_of, category_with
from tests.descant.conftest import Cast
from tests.descant.exchange.files import disqus, element, reference, thread

Bring = Callable[..., Report]


def titles(forum: Forum) -> list[str]:
    return [category.title for category in categories_of(forum_with_id(forum.pk))]


def category_of(forum: Forum, identifier: str) -> str:
    found = find_thread(forum, PageAddress(identifier))
    assert found is not None
    return category_with(forum_with_id(forum.pk), found.category_id).title


@pytest.mark.parametrize("format", ["disqus", "native"])
def test_categories_and_which_threads_are_in_them_arrive(
    cast: Cast, judged: Forum, move: Callable[..., Forum], format: str
) -> None:
    add_category(forum=judged, by=cast.ann, title="Empty")
    herald = move(format)
    assert titles(herald) == titles(judged) == ["News", "Recipes", "Empty"]
    assert (category_of(herald, "tea"), category_of(herald, "bread")) == ("Recipes", "News")
    before = Category.objects.get(forum=judged, title="Recipes")
    page = PageAddress("toast", "https://herald.example/toast", category=str(before.pk))
    assert make_thread(herald, page).category_id == Category.objects.get(forum=herald, title="Recipes").pk


def test_a_file_from_before_there_were_categories_is_read(
    judged: Forum, export: Callable[..., Path], herald: Forum
) -> None:
    path = export("native")
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    kept = [row for row in rows if row["row"] != "category"]
    for row in kept:
        row.pop("category_id", None)
        row.get("settings", {}).pop("general", None)
        row.get("rows", {}).pop("category", None)
    path.write_text("".join(f"{json.dumps(row)}\n" for row in kept))
    run_import(format="native", path=path, forum=herald)
    assert titles(herald) == ["General"]
    assert category_of(herald, "tea") == "General"


def written(number: str, title: str, *, is_default: bool = False) -> str:
    said = (
        element("forum", "gazette") + element("title", title) + element("isDefault", str(is_default).lower())
    )
    return f'<category dsq:id="{number}">{said}</category>'


def in_category(number: str, name: str) -> str:
    return thread(name, link="", id=name).replace("</thread>", f"{reference('category', number)}</thread>")


def test_categories_of_disqus_arrive_once_and_are_known_by_their_ids(bring: Bring, cast: Cast) -> None:
    file = disqus(
        written("1", "General", is_default=True),
        written("77", "Recipes"),
        in_category("1", "bread"),
        in_category("77", "soup"),
    )
    for _again in range(2):
        bring(file)
    assert titles(cast.gazette) == ["General", "Recipes"]
    assert (category_of(cast.gazette, "bread"), category_of(cast.gazette, "soup")) == ("General", "Recipes")
    gazette = forum_with_id(cast.gazette.pk)
    made = make_thread(gazette, PageAddress("toast", "https://gazette.example/toast", category="77"))
    assert category_with(gazette, made.category_id).title == "Recipes"


def test_more_categories_than_a_forum_has_room_for_are_told(bring: Bring, cast: Cast) -> None:
    numbers = [str(number) for number in range(CATEGORIES_MOST + 1)]
    report = bring(
        disqus(*(written(each, f"Part {each}") for each in numbers), in_category(numbers[-1], "bread"))
    )
    assert len(titles(cast.gazette)) == CATEGORIES_MOST + 1
    assert category_of(cast.gazette, "bread") == "General"
    assert any("beyond the 100" in str(note) for note in report.as_json()["notes"])


def test_a_dry_run_makes_none(bring: Bring, cast: Cast) -> None:
    bring(disqus(written("77", "Recipes"), in_category("77", "soup")), dry_run=True)
    assert not Category.objects.filter(forum=cast.gazette).exists()
