"""What a test run turns on: the guard of replicas, the proxies, and whatever guards a project adds."""

from argparse import ArgumentParser
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any, ClassVar

from django.test import TestCase
from django.test.runner import DiscoverRunner
from django.utils.module_loading import import_string

from django_headroom.testing.replicas import guard, proxies
from django_headroom.testing.reports import names_in, write_report
from django_headroom.testing.statements import around_every_statement

Guard = Callable[[], AbstractContextManager[Any]]


@contextmanager
def behaving_replicas() -> Iterator[None]:
    """For a test run: replicas refuse writes, and see what each ``TestCase`` has written.

    The proxies must be there when a ``TestCase`` opens its transactions and until it has ended them, in Django's
    runner as well as in pytest-django: both call ``_enter_atomics`` and ``_rollback_atomics``, which are not public.
    """
    enter, rollback = TestCase.__dict__["_enter_atomics"], TestCase.__dict__["_rollback_atomics"]
    open_ones: list[ExitStack] = []

    def enter_with_proxies(cls: type[TestCase]) -> Any:
        with ExitStack() as stack:
            stack.enter_context(proxies(frozenset(cls._databases_names())))  # type: ignore[attr-defined]
            atomics = enter.__get__(None, cls)()
            open_ones.append(stack.pop_all())
        return atomics

    def rollback_with_proxies(cls: type[TestCase], atomics: Any) -> None:
        with open_ones.pop():
            rollback.__get__(None, cls)(atomics)

    TestCase._enter_atomics = classmethod(enter_with_proxies)  # type: ignore[attr-defined]
    TestCase._rollback_atomics = classmethod(rollback_with_proxies)  # type: ignore[attr-defined]
    try:
        with around_every_statement(guard):
            yield
    finally:
        TestCase._enter_atomics, TestCase._rollback_atomics = enter, rollback  # type: ignore[attr-defined]


@contextmanager
def guarded(guards: Iterable[str | Guard]) -> Iterator[None]:
    """Everything that a test run turns on, with the project's own guards.

    Args:
        guards: functions that return a context manager, or their dotted names.
    """
    with ExitStack() as stack:
        stack.enter_context(behaving_replicas())
        for each in guards:
            opened: Guard = import_string(each) if isinstance(each, str) else each
            stack.enter_context(opened())
        yield


class HeadroomRunner(DiscoverRunner):
    """Django's test runner with behaving replicas; ``TEST_RUNNER = "django_headroom.testing.HeadroomRunner"``.

    >>> class Runner(HeadroomRunner):
    ...     guards = ["django_headroom.transactions.refusing_slow_work"]
    """

    guards: ClassVar[list[str | Guard]] = []

    def __init__(self, xml: str | None = None, **options: Any) -> None:
        super().__init__(**options)
        self.xml = xml

    @classmethod
    def add_arguments(cls, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--xml", metavar="FILE", help="Write what became of each test to FILE, as XML.")

    def run_suite(self, suite: Any, **options: Any) -> Any:
        names = names_in(suite)
        with guarded(self.guards):
            result: Any = super().run_suite(suite, **options)
        if self.xml:
            write_report(self.xml, names, result)
        return result
