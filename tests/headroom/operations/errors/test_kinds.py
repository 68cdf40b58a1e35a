"""Which errors are alike."""

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from django_headroom.operations.errors.kinds import chain_of, kind_of, kind_of_event
from tests.headroom.operations.errors.bakery import BAKERY, opened


def raised(act: Callable[..., Any], *given: Any) -> BaseException:
    with pytest.raises(Exception) as caught:  # noqa: PT011 - any of them
        act(*given)
    # Without the frame of this file, which is no part of the bakery.
    return caught.value.with_traceback(caught.tb.tb_next)


def test_the_same_bug_is_one_kind_whatever_the_values(bakery: ModuleType) -> None:
    one, other = raised(bakery.weigh, "rye", None), raised(bakery.weigh, "wheat", None)
    assert str(one) != str(other)
    assert kind_of(one) == kind_of(other)
    assert kind_of(one).title == "ValueError"
    assert kind_of(one).culprit == "bakery.weigh"


def test_an_edit_elsewhere_in_the_file_leaves_its_kind(tmp_path: Path, bakery: ModuleType) -> None:
    before = raised(bakery.sell, 7)
    kind, number = kind_of(before), before.__traceback__.tb_lineno if before.__traceback__ else 0
    edited = "import math\n\nROUND = math.floor\n" + BAKERY.replace(
        "    if depth:", "    # deeper\n    if depth:"
    )
    after = raised(opened(tmp_path, edited).sell, 7)
    assert after.__traceback__
    assert after.__traceback__.tb_lineno != number
    assert kind_of(after) == kind


def test_a_line_that_is_moved_into_a_block_is_the_same(tmp_path: Path, bakery: ModuleType) -> None:
    before = kind_of(raised(bakery.weigh, 7, 0))
    indented = BAKERY.replace("    return loaf / scale", "    if True:\n        return loaf / scale")
    assert before == kind_of(raised(opened(tmp_path, indented).weigh, 7, 0))


def test_two_bugs_in_one_function_are_two_kinds(bakery: ModuleType) -> None:
    assert kind_of(raised(bakery.weigh, 7, None)) != kind_of(raised(bakery.weigh, 7, 0))


def test_two_bugs_of_one_exception_in_one_function_are_two_kinds(tmp_path: Path) -> None:
    module = opened(tmp_path, "def cut(a, b):\n    half = 1 / a\n    return half / b\n")
    assert kind_of(raised(module.cut, 0, 1)) != kind_of(raised(module.cut, 1, 0))


def test_how_deep_a_function_called_itself_does_not_count(bakery: ModuleType) -> None:
    assert kind_of(raised(bakery.bake, 7, 3)) == kind_of(raised(bakery.bake, 7, 40))


def test_what_led_to_it_counts(bakery: ModuleType) -> None:
    alone, chained = LookupError("cannot be sold"), raised(bakery.sell, 7)
    assert kind_of(alone) != kind_of(chained)
    assert [type(each).__name__ for each in chain_of(chained)] == ["LookupError", "ValueError"]


def test_a_chain_that_leads_to_itself_ends() -> None:
    one, other = ValueError("one"), ValueError("other")
    one.__cause__, other.__cause__ = other, one
    assert chain_of(one) == [one, other]


def test_those_of_a_group_of_errors_count() -> None:
    one = ExceptionGroup("several", [ValueError("a"), KeyError("b")])
    other = ExceptionGroup("several", [ValueError("a"), OSError("b")])
    assert kind_of(one) != kind_of(other)


def event(line: str, *, number: int = 1, value: str = "7") -> dict[str, Any]:
    frame = {"module": "shop", "function": "sell", "context_line": line, "lineno": number, "in_app": True}
    library = {"module": "json", "function": f"loads{number}", "context_line": "", "in_app": False}
    stack = {"frames": [frame, library]}
    return {
        "exception": {
            "values": [{"type": "KeyError", "module": "builtins", "value": value, "stacktrace": stack}]
        }
    }


def test_events_of_other_programs_are_alike_by_the_same_rule() -> None:
    here = kind_of_event(event("  price[loaf]"))
    assert here == kind_of_event(event("price[loaf]", number=90, value="8"))
    assert here != kind_of_event(event("price[cake]"))
    assert (here.title, here.culprit) == ("KeyError", "shop.sell")


def test_a_program_may_say_itself_what_is_alike() -> None:
    one, other = event("price[loaf]"), event("price[cake]")
    one["fingerprint"] = other["fingerprint"] = ["prices"]
    assert kind_of_event(one).fingerprint == kind_of_event(other).fingerprint
    refined = {**one, "fingerprint": ["{{ default }}", "of bread"]}
    assert kind_of_event(refined).fingerprint not in (
        kind_of_event(one).fingerprint,
        kind_of_event(event("price[loaf]")).fingerprint,
    )


@pytest.mark.parametrize(
    "broken", [{}, {"exception": "no"}, {"exception": {"values": [3, None]}}, {"message": "x"}]
)
def test_a_broken_event_has_a_kind_as_well(broken: dict[str, Any]) -> None:
    assert kind_of_event(broken).fingerprint
