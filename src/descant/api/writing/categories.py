"""Categories made by programs."""

from descant.api.declaring import Asked, Standing, endpoint
from descant.api.declaring.parameters import text
from descant.api.objects.forums import category_object
from descant.api.objects.shapes import Category
from descant.discussion.deciding.abilities import check_ability
from descant.discussion.deciding.categories import add_category
from descant.forums.models import CATEGORY_TITLE_MOST, categories_of

TITLE = text("title", "What it is called.", most=CATEGORY_TITLE_MOST, needed=True)


@endpoint(
    "categories/create", method="POST", who=Standing.PERSON, takes=(TITLE,), example={"title": "Recipes"}
)
def create(asked: Asked) -> Category:
    """One more category, the last in their order; one of this title that is there already is given as it is."""
    check_ability(asked.author, "settings")
    found = [each for each in categories_of(asked.forum) if each.title == asked[TITLE].strip()]
    made = found[0] if found else add_category(forum=asked.forum, by=asked.author, title=asked[TITLE])
    return category_object(made, asked.forum)
