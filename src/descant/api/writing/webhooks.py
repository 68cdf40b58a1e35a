"""Webhooks named and changed by programs, as the plugin of WordPress does it."""

from typing import Any

from descant.api.declaring import Asked, Standing, endpoint
from descant.api.declaring.parameters import flag_or_none, row_id, text
from descant.api.objects.shapes import Subscription
from descant.api.objects.webhooks import subscription_object
from descant.discussion.deciding import connecting as acts
from descant.forums.models import Target

URL = text("url", "Where it is told, by https.", most=500, needed=True)
OTHER_URL = text("url", "Another address.", most=500)
SECRET = text(
    "secret", "32 to 200 characters by which you know our messages; one is made if none is given.", most=200
)
OTHER_SECRET = text("secret", "Another secret, of 32 to 200 characters.", most=200)
SENDING = flag_or_none("enableSending", "Whether it is told: 1 or 0.")
SUBSCRIPTION = row_id("subscription", "Its id.")


@endpoint(
    "forums/webhooks/create",
    method="POST",
    who=Standing.PERSON,
    takes=(URL, SECRET, SENDING),
    example={
        "url": "https://gazette.example/told",
        "secret": "a-secret-that-only-you-and-we-know",
        "enableSending": "1",
    },
)
def create(asked: Asked) -> Subscription:
    """Have an address told of comments as Disqus tells them, once it has given a challenge back."""
    wish = {"url": asked[URL], "secret": asked[SECRET], "dialect": Target.Dialect.DISQUS.value}
    target = acts.add_target(
        forum=asked.forum, by=asked.author, wish={**wish, "is_on": asked[SENDING] is not False}
    )
    return subscription_object(target)


@endpoint(
    "forums/webhooks/update",
    method="POST",
    who=Standing.PERSON,
    takes=(SUBSCRIPTION, OTHER_URL, OTHER_SECRET, SENDING),
    example={"subscription": "{subscription}", "enableSending": "0"},
)
def update(asked: Asked) -> Subscription:
    """Give it another address or secret, or switch it off or on; what is not given stays."""
    given: dict[str, Any] = {"url": asked[OTHER_URL], "secret": asked[OTHER_SECRET]}
    wish = {name: value for name, value in given.items() if value}
    if asked[SENDING] is not None:
        wish["is_on"] = asked[SENDING]
    target = acts.change_target(forum=asked.forum, by=asked.author, target_id=asked[SUBSCRIPTION], wish=wish)
    return subscription_object(target)
