"""Forums opened, and who moderates them."""

from descant.api.declaring import Asked, Standing, endpoint
from descant.api.declaring.parameters import bad, row_id, text
from descant.api.objects.deeds import Named, Opened
from descant.discussion.deciding import owning
from descant.forums.models import Role

USER = text(
    "user",
    "The name that she signs in with, or `username:…`; by an e-mail address she is invited.",
    most=254,
    needed=True,
)
MODERATOR = row_id("moderator", "The id of her role, as `forums/listModerators` tells it.")
SHORT_NAME = text("short_name", "What the forum is called: a-z, 0-9 and hyphens.", most=50, needed=True)
NAME = text("name", "The forum's title.", most=200, needed=True)
WEBSITE = text("website", "The address of the site that shows it.", most=2_000, needed=True)


@endpoint(
    "forums/create",
    method="POST",
    who=Standing.PERSON,
    takes=(WEBSITE, NAME, SHORT_NAME),
    example={"website": "https://bakery.example/", "name": "The Bakery", "short_name": "bakery"},
)
def create(asked: Asked) -> Opened:
    """Open a forum; who asks owns it. Only owners of a forum may open another."""
    forum = owning.open_another(
        by=asked.author, name=asked[SHORT_NAME], title=asked[NAME], website=asked[WEBSITE]
    )
    founder = str(asked.author.user.pk) if asked.author.user else ""
    return {"id": forum.name, "name": forum.title, "pk": str(forum.pk), "founder": founder}


@endpoint(
    "forums/addModerator", method="POST", who=Standing.PERSON, takes=(USER,), example={"user": "username:cy"}
)
def add_moderator(asked: Asked) -> Named:
    """Name somebody a moderator; who has an address is invited, and told the same way whether she has an account."""
    whom = asked[USER].removeprefix("username:").strip()
    if owning.is_address(whom):
        owning.invite(forum=asked.forum, by=asked.author, email=whom, kind=Role.Kind.MODERATOR)
        return {"id": "", "user": "", "name": whom, "invited": True}
    user = owning.give_role(forum=asked.forum, by=asked.author, whom=whom, kind=Role.Kind.MODERATOR)
    role = Role.objects.get(forum=asked.forum, user=user)
    return {"id": str(role.pk), "user": str(user.pk), "name": str(user)}


@endpoint(
    "forums/removeModerator",
    method="POST",
    who=Standing.PERSON,
    takes=(MODERATOR,),
    example={"moderator": "{moderator}"},
)
def remove_moderator(asked: Asked) -> Named:
    """Take a moderator's role away."""
    found = Role.objects.filter(forum=asked.forum, pk=asked[MODERATOR], kind=Role.Kind.MODERATOR)
    role = found.select_related("user").first()
    if role is None:
        raise bad("moderator", "nobody of this id moderates the forum")
    owning.take_role(forum=asked.forum, by=asked.author, user_id=role.user_id)
    return {"id": str(asked[MODERATOR]), "user": str(role.user_id), "name": str(role.user)}
