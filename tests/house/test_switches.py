"""No switch of the product has outlived the day on which it was to be gone from the code."""

import descant.switches  # noqa: F401 - it declares them
from django_headroom.operations.switches import declared


def test_no_switch_has_outlived_its_day() -> None:
    over = [f"{each.name} of {each.owner}, by {each.until}" for each in declared().values() if each.is_over]
    assert declared()
    assert not over, f"take these out of the code, or give them another day: {over}"
