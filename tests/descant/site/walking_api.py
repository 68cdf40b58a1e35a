"""How each endpoint of the API is asked by those who walk all routes: as its example says, with other names in it."""

from collections.abc import Mapping
from typing import Any

from descant.api import urls
from descant.api.asking import KEYS
from descant.api.declaring import ENDPOINTS, Endpoint, Standing
from descant.api.reference.schemas import shapes_in

assert urls.DECLARED_IN, "all endpoints are declared by now"

# What stands for ids in examples, by the names of the walk.
IN_EXAMPLES = {
    "thread": "{thread_id}",
    "post": "{comment}",
    "reply": "{comment}",
    "user": "{owner}",
    "category": "{comment}",
    "import": "{comment}",
}
KEY_NAMES = dict(zip(KEYS, ("{key}", "{secret}", "{token}"), strict=True))
ROUTES = {endpoint.path: endpoint for endpoint in ENDPOINTS.values()}


def asked_by(endpoint: Endpoint, key: str, names: Mapping[str, str] = IN_EXAMPLES) -> dict[str, Any]:
    """The arguments of its example, with this kind of key."""
    return {key: KEY_NAMES[key], **{name: filled(value, names) for name, value in endpoint.example.items()}}


def keys_for(endpoint: Endpoint) -> list[str]:
    """The kinds of keys with which it can be asked."""
    return [name for name, (standing, _) in KEYS.items() if standing >= endpoint.who]


def filled(value: Any, names: Mapping[str, str]) -> Any:
    """A value of an example with these ids."""
    return value.format(**names) if isinstance(value, str) else [filled(each, names) for each in value]


def tells_comments(endpoint: Endpoint) -> bool:
    return any(shape.__name__ == "Post" for shape in shapes_in(endpoint.gives))


READING = [each for each in ENDPOINTS.values() if each.method == "GET" and each.who == Standing.GUEST]
# Comments are in these, whoever wrote them; of people only what those with accounts wrote is told.
TELL_COMMENTS = [each for each in READING if tells_comments(each) and not each.name.startswith("users/")]
