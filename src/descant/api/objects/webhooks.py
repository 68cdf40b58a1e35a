"""Webhooks as the API tells them."""

from descant.api.objects.shapes import Subscription
from descant.forums.models import Target


def subscription_object(target: Target) -> Subscription:
    """A target, with its secret: who may read it compares it with its own."""
    return {
        "id": str(target.pk),
        "url": target.url,
        "secret": target.secret,
        "enableSending": target.is_on,
    }
