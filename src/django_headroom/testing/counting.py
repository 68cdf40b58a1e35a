"""Query counts: how many statements a block sends, over all databases or to one, from whatever thread."""

import inspect
import time
import unittest
from collections.abc import Callable, Iterator
from contextlib import ContextDecorator, ExitStack, contextmanager
from functools import partial, wraps
from typing import Any, ClassVar, TypeVar

from django_headroom.testing.calls import hearing
from django_headroom.testing.dumping import Spent, Statement, place_of_call
from django_headroom.testing.failing import unheard_events
from django_headroom.testing.statements import Execute, around_every_statement, is_of_transactions

Function = TypeVar("Function", bound=Callable[..., Any])


class BudgetExceeded(AssertionError):
    """A block that sent more statements than it may, or, where the number is exact, another number."""


def assertQueryCount(  # noqa: N802 - named as unittest names its assertions
    n: int | None = None, alias: str | None = None, *, exact: bool = True, max: int | None = None
) -> "QueryCount":
    """Fail unless a block sends ``n`` statements; a context manager, and a decorator of functions, also async ones.

    What other threads of the process send meanwhile is counted as well. Nothing is connected to for the counting,
    and transactions' own words (BEGIN, SAVEPOINT …) are not counted.

    Args:
        n: how many; with ``exact=False`` at most so many.
        alias: only those to this database; None for all together.
        max: instead of ``n``: at most so many.

    Returns:
        A context manager that yields what is spent, as ``Spent``.

    Raises:
        BudgetExceeded: with every statement, where it comes from, and what is repeated.

    >>> with assertQueryCount(1, "p1_replica"):
    ...     Comment.objects.using("p1_replica").count()

    After slide 47 of the talk: "failures yield a dump of queries".
    """
    most = n if max is None else max
    if most is None:
        raise TypeError("assertQueryCount needs a number: n for exactly so many, or max.")
    return QueryCount(most, alias, exact and max is None)


def query_budget(at_most: int) -> "QueryCount":
    """Fail if the block sends more than ``at_most`` statements to all databases together.

    >>> with query_budget(6):
    ...     client.get("/embed/comments/?f=gazette&t_i=bread")
    """
    return QueryCount(at_most, None, exact=False)


@contextmanager
def queries_counted(into: Spent | None = None) -> Iterator[Spent]:
    """Count the statements that are sent in a block, without a limit; yields a ``Spent``, or adds to that one."""
    spent = Spent() if into is None else into
    with around_every_statement(partial(note, spent)), hearing(spent.calls.append):
        yield spent


class QueryCount(ContextDecorator):
    """A block, or each call of a function, and how many statements it may send."""

    def __init__(self, number: int, alias: str | None, exact: bool) -> None:
        self._number, self._alias, self._exact = number, alias, exact
        self._stack = ExitStack()

    def __enter__(self) -> Spent:
        self.spent = self._stack.enter_context(queries_counted())
        return self.spent

    def __exit__(self, kind: type[BaseException] | None, *_: Any) -> None:
        self._stack.close()
        found = self.spent.of(self._alias)
        if kind is None and (found.count > self._number or (self._exact and found.count < self._number)):
            where = f" to {self._alias!r}" if self._alias else ""
            limit = "expected" if self._exact else "allowed"
            raise BudgetExceeded(f"{found.count} queries{where}, {self._number} {limit}:\n{found}")

    def __call__(self, function: Function) -> Function:
        if not inspect.iscoroutinefunction(function):
            return super().__call__(function)

        @wraps(function)
        async def counted(*args: Any, **options: Any) -> Any:
            with self._recreate_cm():
                return await function(*args, **options)

        return counted  # type: ignore[return-value]  # as Function, with its await

    def _recreate_cm(self) -> "QueryCount":
        """Each call is counted for itself."""
        return QueryCount(self._number, self._alias, self._exact)


class QueryCounts(unittest.TestCase):
    """For Django's test cases: ``self.assertQueryCount``, what a test has spent so far, and a budget for each of them.

    >>> class PageTest(QueryCounts, TestCase):
    ...     most_queries = 6
    ...     def test_the_replica_is_read(self):
    ...         Comment.objects.using("p1_replica").count()
    ...         self.assertEqual(self.spent.of("p1_replica").count, 1)
    """

    most_queries: ClassVar[int | None] = None
    spent: Spent

    assertQueryCount = staticmethod(assertQueryCount)  # noqa: N815 - as above

    def run(self, result: unittest.TestResult | None = None) -> unittest.TestResult | None:
        """Around the test method alone: what ``setUp`` costs is nobody's page."""
        name = self.id().rpartition(".")[2]
        method = getattr(self, name)

        @wraps(method)
        def counted(*args: Any, **options: Any) -> Any:
            with _limited(self.most_queries) as self.spent:
                try:
                    return method(*args, **options)
                except Exception as error:
                    error.add_note(f"The test has sent:\n{self.spent}")
                    if events := unheard_events():
                        error.add_note(f"Nobody has heard:\n{events}")
                    raise

        setattr(self, name, counted)
        try:
            return super().run(result)
        finally:
            delattr(self, name)


def _limited(most: int | None) -> Any:
    return queries_counted() if most is None else query_budget(most)


def note(spent: Spent, execute: Execute, *call: Any) -> Any:
    """An execute wrapper, but for its first argument: put the statement down there."""
    sql, params, many, context = call
    if is_of_transactions(sql):
        return execute(*call)
    connection, began = context["connection"], time.perf_counter()
    try:
        return execute(*call)
    finally:
        ms = (time.perf_counter() - began) * 1000
        bare = many or not spent.with_texts
        sent = None if bare else connection.ops.last_executed_query(context["cursor"].cursor, sql, params)
        text = sent or sql
        spent.statements.append(Statement(connection.alias, str(sql), params, text, ms, place_of_call()))
