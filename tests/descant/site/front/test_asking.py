"""What a reader asks for is found out without Django, and never otherwise than Django would."""

import tracemalloc
from urllib.parse import urlencode

import pytest
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from descant.site.front.asking import FIELDS_MOST, LONGEST, NAMES, best_coding, has_it, page_asked


@pytest.mark.parametrize(
    ("query", "asked"),
    [
        ("f=gazette&t_i=bread", "f=gazette&t_i=bread"),
        ("t_i=bread&f=gazette", "f=gazette&t_i=bread"),
        ("f=gazette&t_i=bread&utm_source=x&fbclid=y", "f=gazette&t_i=bread"),
        ("f=gazette&t_i=old&t_i=bread", "f=gazette&t_i=bread"),
        ("f=gazette&t_i=bread&order=best&cursor=&lang=", "f=gazette&t_i=bread"),
        ("f=gazette&t_i=bread&order=nonsense", "f=gazette&t_i=bread"),
        ("f=gazette&t_i=bread&order=newest", "f=gazette&t_i=bread&order=newest"),
        ("f=gazette&t_i=caf%C3%A9+au%20lait", "f=gazette&t_i=caf%C3%A9+au+lait"),
        ("", ""),
        ("f=gazette&t_i=caf\u00e9", None),
        ("f=gazette&t_i=" + "x" * LONGEST, None),
        ("&".join(f"a{number}=" for number in range(FIELDS_MOST + 1)), None),
    ],
)
def test_one_page_is_asked_for_in_one_way(query: str, asked: str | None) -> None:
    assert page_asked(query) == asked


@given(st.lists(st.tuples(st.sampled_from([*NAMES, "x", "F"]), st.text(max_size=8)), max_size=8))
def test_the_view_sees_what_it_would_have_seen(fields: list[tuple[str, str]]) -> None:
    query = urlencode(fields, errors="surrogatepass")
    asked = page_asked(query)
    assert asked is not None
    before, after = QueryDict(query), QueryDict(asked)
    for name in NAMES:
        if name != "order":
            assert after.get(name, "") == before.get(name, "")


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("gzip, deflate, br, zstd", "br"),
        ("gzip", "gzip"),
        ("GZIP;Q=1", "gzip"),
        ("", ""),
        ("identity", ""),
        ("*", "br"),
        ("br;q=0, *", "gzip"),
        ("br;q=0.5, gzip;q=0.8", "gzip"),
        ("br;q=0.000, gzip;q=0", ""),
        ("gzip;q=0.5, identity", ""),
        ("br;q=nonsense, gzip", "gzip"),
        ("deflate", ""),
    ],
)
def test_the_best_coding_is_chosen(accepted: str, coding: str) -> None:
    assert best_coding(accepted) == coding


@pytest.mark.parametrize("held", ['"abc"', 'W/"abc"', '"x", W/"abc"', "*"])
def test_who_has_a_page_is_told_so(held: str) -> None:
    assert has_it(held, '"abc"')


@pytest.mark.parametrize("held", ["", '"ab"', "abc", 'W/"x", "y"'])
def test_who_has_another_is_not(held: str) -> None:
    assert not has_it(held, '"abc"')


def test_what_is_remembered_of_strangers_words_has_an_end() -> None:
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        for number in range(400):
            long = f"{number}" + "x" * 100_000
            page_asked(f"f=gazette&x={long}")
            best_coding(f"br, {long}")
            has_it(f'"{long}"', '"abc"')
        kept = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert kept < 4_000_000, "of 120 MB that were said"
