"""What a signal's events look like, and how those of an older release are brought forward."""

from collections.abc import Callable, Mapping
from functools import cache
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

Convert = Callable[[dict[str, Any]], dict[str, Any]]


class WrongShape(TypeError):
    """What was said is not what the signal declares."""


def check_shape(name: str, shape: type, told: Mapping[str, Any]) -> None:
    """Compare what is said with a ``TypedDict``.

    Raises:
        WrongShape: a name is missing or unknown, or a value is of another type.
    """
    hints = hints_of(shape)
    required = getattr(shape, "__required_keys__", hints.keys())
    for wrong, what in ((told.keys() - hints.keys(), "unknown"), (required - told.keys(), "missing")):
        if wrong:
            raise WrongShape(
                f"{name} was said with {', '.join(sorted(wrong))} {what}: say what {shape.__name__} declares, or "
                f"raise its schema and declare how the old one is converted."
            )
    for key, value in told.items():
        if not fits(value, hints[key]):
            raise WrongShape(
                f"{name} was said with {key}={value!r}, and {shape.__name__} wants {hints[key]}."
            )


@cache
def hints_of(shape: type) -> dict[str, Any]:
    return get_type_hints(shape)


def fits(value: Any, hint: Any) -> bool:
    """Whether a value is of a type, as far as its outside tells."""
    if hint is Any:
        return True
    if get_origin(hint) in (Union, UnionType):
        return any(fits(value, each) for each in get_args(hint))
    kind = get_origin(hint) or (NoneType if hint is None else hint)
    if isinstance(value, bool) and kind is not bool:
        return False
    return isinstance(value, (int, float) if kind is float else kind)
