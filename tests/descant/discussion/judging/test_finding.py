"""What each kind of rule finds in a text, and where."""

import time
import unicodedata

import pytest
from django.utils import timezone
from hypothesis import example, given
from hypothesis import strategies as st

from descant.discussion.judging.rules.folding import fold
from descant.discussion.judging.rules.kinds import compile_rule
from descant.discussion.judging.rules.subjects import BadRule, Finding, Subject


def found(kind: str, text: str, *, name: str = "", url: str = "", **said: object) -> Finding | None:
    subject = Subject(forum_id=1, text=text, at=timezone.now(), name=name, url=url)
    return compile_rule(kind, said).find(subject)


@pytest.mark.parametrize(
    ("text", "stands"),
    [
        ("Buy PILLS now", "PILLS"),
        ("Buy píĺĺs now", "píĺĺs"),
        ("Buy ｐｉｌｌｓ now", "ｐｉｌｌｓ"),
        ("Buy рills now", "рills"),
        ("Buy pi\u200bll\u00ads now", "pi\u200bll\u00ads"),
        ("Buy p1ll5 now", "p1ll5"),
        ("Buy p i l l s now", "p i l l s"),
        ("Buy p.i.l.l.s now", "p.i.l.l.s"),
        ("Buy pill\ufe0fs\u0301 now", "pill\ufe0fs\u0301"),
        ("ßßß pills", "pills"),
        ("Buy 𝐩𝐢𝐥𝐥𝐬 now", "𝐩𝐢𝐥𝐥𝐬"),
    ],
)
def test_a_word_is_found_however_it_is_dressed(text: str, stands: str) -> None:
    finding = found("words", text, words=["casino", "pills"])
    assert finding is not None
    assert finding.span is not None
    assert finding.found == stands == text[slice(*finding.span)]


@pytest.mark.parametrize("text", ["spills", "pillsbury", "caterpillar", "pill", "p il l s hopes"])
def test_a_part_of_a_word_is_not_the_word(text: str) -> None:
    assert found("words", text, words=["pills"]) is None


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("今天我们讨论敏感词的问题", "敏感词"),
        ("これはバカです", "バカ"),
        ("वह हिंदी में लिखता है", "हिंदी"),
        ("הוא אמר שלום", "שלום"),
        ("Это плохое слово здесь", "плохое слово"),
        ("나쁜 단어", "단어"),
        ("nice 🍆 picture", "🍆"),
        ("don’t click here now", "click here"),
        ("Straße", "strasse"),
        ("Die Versicherungsvertreter kommen", "versicherung*"),
    ],
)
def test_words_of_any_script_are_found_whole(text: str, word: str) -> None:
    finding = found("words", text, words=["other", word])
    assert finding is not None


def test_letters_that_differ_by_more_than_an_accent_stay_apart() -> None:
    assert found("words", "ばか", words=["はか"]) is None
    assert found("words", "कि", words=["की"]) is None


def test_a_long_list_costs_a_text_no_more_than_a_short_one() -> None:
    rule = compile_rule("words", {"words": [f"word{number}" for number in range(20_000)]})
    subject = Subject(forum_id=1, text="Bread needs time. " * 500 + "word19999", at=timezone.now())
    finding = rule.find(subject)
    assert finding is not None
    assert finding.found == "word19999"


def test_names_and_sites_are_looked_at_too() -> None:
    finding = found("words", "Nice.", name="Best Casino", words=["casino"])
    assert finding is not None
    assert (finding.found, finding.span, finding.place) == ("Casino", None, "name")


WORDS = st.lists(st.text(min_size=1, max_size=12), min_size=1, max_size=5)


@given(st.text(max_size=60))
@example("İİ\u0301\u0301x")
@example("ﬃ\u200b\u0301")
def test_every_letter_of_a_folded_text_has_its_place(text: str) -> None:
    folded = fold(text)
    assert folded.starts is None or len(folded.starts) == len(folded.text)
    for at in range(len(folded.text)):
        start, end = folded.span(at, at + 1)
        assert 0 <= start < end <= len(text)
        assert folded.text[at] in fold(text[start:end]).text


@given(st.text(max_size=40))
def test_folding_is_done_with_once(text: str) -> None:
    once = fold(text).text
    assert fold(once).text == once


@given(WORDS, st.text(max_size=20), st.text(max_size=20))
def test_what_is_listed_is_found_between_anything(words: list[str], before: str, after: str) -> None:
    try:
        rule = compile_rule("words", {"words": words})
    except BadRule:
        return
    word = next(each.strip().removesuffix("*") for each in words if each.strip())
    finding = rule.find(Subject(forum_id=1, text=f"{before}\n{word}\n{after}", at=timezone.now()))
    assert finding is not None
    assert finding.span is not None
    start, end = finding.span
    assert 0 <= start < end <= len(before) + len(word) + len(after) + 2


@given(st.text(max_size=80))
def test_a_span_of_a_pattern_is_what_was_found(text: str) -> None:
    finding = found("pattern", text, pattern=r"\pL+|\d")
    if finding is not None:
        assert finding.span is not None
        assert text[slice(*finding.span)] == finding.found


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("(a+)+$", "a" * 9_999 + "!"),
        ("(a|aa)+$", "a" * 9_999 + "!"),
        ("(x+x+)+y", "x" * 10_000),
        (r"(.*a){20}", "a" * 19 + "b" * 9_900),
        (r"(\w+\s?)*:", "word " * 2_000),
        ("([ab]{0,30}a){0,10}b$", "a" * 10_000),
    ],
)
def test_no_pattern_takes_its_time(pattern: str, text: str) -> None:
    began = time.process_time()
    found("pattern", text, pattern=pattern)
    assert time.process_time() - began < 1


PIECES = ["a", "a ", "a.", "\u0301", "a\u0301", "1a", "敏", "http://", "www.", "a-", "\u200b", "ﷺ"]


@pytest.mark.parametrize("text", [(piece * 10_000)[:10_000] for piece in PIECES])
def test_no_text_takes_its_time(text: str) -> None:
    began = time.process_time()
    found("words", text, words=["a" * 99, "a a a a a a a a b", "敏" * 99, "pills*", "casino"])
    found("links", text, more_than=3)
    found("links", text, hosts=["shop.example"])
    found("language", text, scripts=["latin"])
    assert time.process_time() - began < 1


def test_links_are_counted_and_hosts_are_known_below_their_names() -> None:
    text = "See https://one.example/ and www.two.example or https://three.example"
    finding = found("links", text, more_than=2)
    assert finding is not None
    assert finding.found == "https://three.example"
    assert found("links", text, more_than=3) is None
    assert found("links", "go to cheap.shop.example!", hosts=["shop.example"]) is not None
    assert found("links", "go to workshop.example!", hosts=["shop.example"]) is None
    assert found("links", "geh zu bücher.example!", hosts=["xn--bcher-kva.example"]) is not None
    beside = found("links", "Nice.", url="https://shop.example/x", hosts=["shop.example"])
    assert beside is not None
    assert beside.place == "url"


def test_other_letters_than_the_forums_are_seen() -> None:
    finding = found("language", "Hi! Лучшие цены здесь", scripts=["latin"])
    assert finding is not None
    assert finding.found.startswith("Лучшие цены")
    assert found("language", "Voilà, naïve façade – Łódź", scripts=["latin"]) is None
    assert found("language", "She said спасибо to everybody there", scripts=["latin"]) is None
    assert found("language", "π ≈ 3", scripts=["latin"]) is None


@pytest.mark.parametrize(
    ("kind", "said", "sentence"),
    [
        ("pattern", {"pattern": "(a"}, "cannot be read"),
        ("pattern", {"pattern": r"(a)\1"}, "look-around"),
        ("pattern", {"pattern": "a*"}, "every text"),
        ("pattern", {"pattern": "((a{0,30}){0,30}){0,30}b"}, "RE2|repeats too much"),
        ("pattern", {"pattern": "x" * 501}, "make two of it"),
        ("pattern", {}, "Write the pattern"),
        ("words", {"words": []}, "is empty"),
        ("words", {"words": ["!!!"]}, "holds no word"),
        ("words", {"words": ["a*"]}, "half the dictionary"),
        ("words", {"words": ["x" * 101]}, "shorten it"),
        ("words", {"words": [str(number) for number in range(20_001)]}, "make two rules"),
        ("words", {"words": "pills"}, "list of texts"),
        ("links", {"hosts": ["not a host"]}, "no host"),
        ("links", {"more_than": -1}, "whole number"),
        ("address", {"ranges": ["here"]}, "no range"),
        ("language", {"scripts": ["klingon"]}, "no script"),
        ("rate", {"comments": 3, "minutes": 100}, "whole number"),
        ("score", {"least": 2}, "from 0.5 to 1"),
        ("outside", {"classifier": "oracle"}, "ask its operator"),
        ("alike", {"where": "moon"}, "Say where"),
        ("magic", {}, "one of these kinds"),
    ],
)
def test_a_rule_that_cannot_be_followed_is_refused_with_a_sentence(
    kind: str, said: dict[str, object], sentence: str
) -> None:
    with pytest.raises(BadRule, match=sentence):
        compile_rule(kind, said)


def test_folding_keeps_composed_and_decomposed_letters_together() -> None:
    for text in ("é", "가", "が", "ậ"):
        assert fold(text).text == fold(unicodedata.normalize("NFD", text)).text
