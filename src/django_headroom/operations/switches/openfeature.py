"""A provider of OpenFeature: code that speaks the standard asks the same switches. Wants ``openfeature-sdk``."""

from collections.abc import Mapping
from typing import Any

from openfeature.evaluation_context import EvaluationContext
from openfeature.exception import FlagNotFoundError, TypeMismatchError
from openfeature.flag_evaluation import FlagResolutionDetails, Reason
from openfeature.provider import AbstractProvider, Metadata

from django_headroom.operations.switches.asking import is_on
from django_headroom.operations.switches.declaring import declared
from django_headroom.operations.switches.judging import Actor

STAFF = "is_staff"


class SwitchProvider(AbstractProvider):
    """Switches as boolean flags: the targeting key is the actor, the other attributes are what rules may name.

    >>> api.set_provider(SwitchProvider())
    >>> api.get_client().get_boolean_value("wings", False, EvaluationContext("u42", {"forum": "gazette"}))
    False
    """

    def get_metadata(self) -> Metadata:
        return Metadata(name="django-headroom switches")

    def resolve_boolean_details(
        self, flag_key: str, default_value: bool, evaluation_context: EvaluationContext | None = None
    ) -> FlagResolutionDetails[bool]:
        """As ``is_on``.

        Raises:
            FlagNotFoundError: no switch of this name is declared; the client answers the default.
        """
        if flag_key not in declared():
            raise FlagNotFoundError(f"There is no switch {flag_key!r}.")
        context = evaluation_context or EvaluationContext()
        told: Mapping[str, Any] = context.attributes
        key = context.targeting_key
        actor = Actor(key, bool(told.get(STAFF))) if key else None
        where = {name: value for name, value in told.items() if name not in _TAKEN}
        return FlagResolutionDetails(
            value=is_on(flag_key, actor=actor, **where), reason=Reason.TARGETING_MATCH
        )

    def resolve_string_details(self, flag_key: str, *_: Any, **__: Any) -> Any:
        raise _not_boolean(flag_key)

    def resolve_integer_details(self, flag_key: str, *_: Any, **__: Any) -> Any:
        raise _not_boolean(flag_key)

    def resolve_float_details(self, flag_key: str, *_: Any, **__: Any) -> Any:
        raise _not_boolean(flag_key)

    def resolve_object_details(self, flag_key: str, *_: Any, **__: Any) -> Any:
        raise _not_boolean(flag_key)


_TAKEN = {STAFF, "actor", "default", "may_choose", "name"}


def _not_boolean(flag_key: str) -> TypeMismatchError:
    return TypeMismatchError(f"{flag_key!r} is a switch: it is on or off.")
