"""Reading which addresses are told of a forum's comments."""

from descant.api.declaring import Asked, Standing, endpoint
from descant.api.objects.shapes import Subscription
from descant.api.objects.webhooks import subscription_object
from descant.discussion.deciding.abilities import check_ability
from descant.forums.models import Target


@endpoint("forums/webhooks/list", who=Standing.PERSON)
def list_webhooks(asked: Asked) -> list[Subscription]:
    """The forum's webhooks with their secrets, for who may change its settings."""
    check_ability(asked.author, "settings")
    found = Target.objects.filter(forum=asked.forum).order_by("made_at", "id")
    return [subscription_object(target) for target in found]
