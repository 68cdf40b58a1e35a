"""Code that speaks OpenFeature asks the same switches."""

from collections.abc import Iterator

import pytest
from openfeature import api
from openfeature.client import OpenFeatureClient
from openfeature.evaluation_context import EvaluationContext
from openfeature.flag_evaluation import ErrorCode

from django_headroom.operations.switches import Actor, Rule, Switch, declare, is_on, knowing
from django_headroom.operations.switches.openfeature import SwitchProvider


@pytest.fixture
def client() -> Iterator[OpenFeatureClient]:
    declare(Switch("wings", says="Birds fly.", default=False, unread=False, owner="ann"))
    api.set_provider(SwitchProvider())
    yield api.get_client()
    api.clear_providers()


def test_both_say_the_same_of_everybody(client: OpenFeatureClient) -> None:
    rule = Rule(percent=50, always={"forum": frozenset({"gazette"})}, staff=True)
    knowing.learn([knowing.Turned(1, "wings", rule)])
    found = set()
    for number in range(100):
        key, forum, is_staff = f"u{number}", f"f{number % 3}", number % 7 == 0
        context = EvaluationContext(key, {"forum": forum, "is_staff": is_staff})
        told = client.get_boolean_value("wings", False, context)
        assert told is is_on("wings", actor=Actor(key, is_staff), forum=forum)
        found.add(told)
    assert found == {True, False}
    assert client.get_boolean_value("wings", False, EvaluationContext(None, {"forum": "gazette"}))


def test_what_is_no_switch_is_answered_with_the_default_and_an_error(client: OpenFeatureClient) -> None:
    unknown = client.get_boolean_details("never_declared", True)
    assert (unknown.value, unknown.error_code) == (True, ErrorCode.FLAG_NOT_FOUND)
    text = client.get_string_details("wings", "as it was")
    assert (text.value, text.error_code) == ("as it was", ErrorCode.TYPE_MISMATCH)
