"""An endpoint: the one declaration by which it is served, checked and documented."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Any, Generic, TypeVar, get_type_hints

from django.http import HttpRequest

from descant.api.declaring.parameters import BINARY, Parameter
from descant.discussion.authors import Author
from descant.forums.models import Forum, Key, Role

T = TypeVar("T")


class Standing(IntEnum):
    """What a program has shown of itself; each may also do what the one before may."""

    GUEST = 0  # the public key: what a guest may
    PERSON = 1  # an access token: acts as the person who made it, by her role
    SERVER = 2  # the secret key: reads what moderators read
    MODERATOR = 3  # an access token of somebody who moderates this forum


# By which keys a program can have a standing, the one that is enough first.
KEYS = {
    Standing.GUEST: ("api_key", "api_secret", "access_token"),
    Standing.PERSON: ("access_token",),
    Standing.SERVER: ("api_secret", "access_token"),
    Standing.MODERATOR: ("access_token",),
}


@dataclass(frozen=True)
class Asked:
    """A request that was checked: for which forum, by whom, and its arguments as values."""

    request: HttpRequest
    forum: Forum
    author: Author
    standing: Standing
    values: Mapping[str, Any]
    key: Key

    def __getitem__(self, parameter: Parameter[T]) -> T:
        return self.values[parameter.name]

    @property
    def viewer(self) -> Author | None:
        """For whom comments are read: None is everybody."""
        if self.standing == Standing.SERVER and self.author.user is None:
            return replace(self.author, role=Role.Kind.MODERATOR)
        return self.author if self.standing >= Standing.SERVER else None


@dataclass(frozen=True)
class Page(Generic[T]):
    """Some of many, and where the next ones begin."""

    items: Sequence[T]
    cursor: Mapping[str, Any]


@dataclass(frozen=True)
class Endpoint:
    """One call of the API. What it gives stands in the annotation of its function, what it is for in the docstring."""

    name: str
    method: str
    who: Standing
    takes: Sequence[Parameter[Any]]
    example: Mapping[str, str | Sequence[str]]
    answer: Callable[[Asked], Any]
    ability: str = ""

    @property
    def path(self) -> str:
        return f"api/3.0/{self.name}.json"

    @property
    def keys(self) -> Sequence[str]:
        """By which of a program's keys it can be asked."""
        return KEYS[self.who]

    @property
    def takes_file(self) -> bool:
        return any(parameter.schema.get("format") == BINARY for parameter in self.takes)

    @property
    def about(self) -> str:
        return str(self.answer.__doc__)

    @property
    def gives(self) -> Any:
        return get_type_hints(self.answer)["return"]


ENDPOINTS: dict[str, Endpoint] = {}

Answering = TypeVar("Answering", bound=Callable[[Asked], Any])


def endpoint(
    name: str,
    *,
    method: str = "GET",
    who: Standing = Standing.GUEST,
    takes: Sequence[Parameter[Any]] = (),
    example: Mapping[str, str | Sequence[str]] | None = None,
    ability: str = "",
) -> Callable[[Answering], Answering]:
    """Declare a function as an endpoint.

    Args:
        name: resource and verb, ``threads/listPosts``.
        who: what a program must have shown at least.
        takes: the arguments, beside the keys and ``forum``, which every endpoint takes.
        example: arguments that the documentation shows and the tests send; ``{thread}`` and the like stand for ids.
        ability: what the role of who asks must allow, where that is to be known before anything is read.
    """

    def declare(answer: Answering) -> Answering:
        ENDPOINTS[name] = Endpoint(name, method, who, takes, example or {}, answer, ability)
        return answer

    return declare
