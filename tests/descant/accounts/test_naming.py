"""Names that claim to be the house."""

import pytest

from descant.accounts.naming import is_reserved, tidy

HOUSE = [
    *(
        "Admin",
        "ＭＯＤＥＲＡＴＯＲ",
        "m0derat0r",
        "Moderator 2",
        "аdmin",
        "a d m i n",
        "Descant",
        "ΑDΜΙΝ",
        "ᴀᴅᴍɪɴ",
    ),
    *("Mоdérator", "Mod\u00aderator", "ad\u3164min", "m\u0336o\u0336d\u0336"),
    *("Moderator Ann", "Site-Admin", "Gazette (admin)"),
]
OTHERS = ["Ann", "Modesty", "Adminah", "Owen Rootham", "Admindra", "李", "Μαρία", "Настя", "Ann 0", "1 2 3"]


@pytest.mark.parametrize("name", HOUSE)
def test_a_name_of_the_house_is_seen_in_every_disguise(name: str) -> None:
    assert is_reserved(name)


@pytest.mark.parametrize("name", OTHERS)
def test_other_names_are_left_alone(name: str) -> None:
    assert not is_reserved(name)


def test_a_name_stands_on_one_line_and_turns_nothing() -> None:
    assert tidy(" \u3164Ann\n\u202e of\u200b  Cleves\x00 ") == "Ann of Cleves"
