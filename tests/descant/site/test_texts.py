"""Every text that a person sees is in every catalogue, translated, and compiled."""

import gettext
import io
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import allauth
import pytest
from django.conf import settings
from django.utils.translation import gettext as translated
from django.utils.translation import override

from tests.house.sources import told
from tools import texts

LANGUAGES = sorted(path.name for path in (texts.ROOT / texts.OURS).iterdir())
CATALOGUES = [texts.catalogue(texts.OURS, language) for language in LANGUAGES]
ALLAUTHS = sorted((texts.ROOT / texts.ALLAUTHS).glob("*/LC_MESSAGES/django.po"))
PLACEHOLDER = re.compile(r"%\(\w+\)\w|%\w|\{\w+\}|</?\w+")
SCRIPTS = texts.ROOT / texts.PRODUCT / "embed" / "static" / "descant"


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every text of the code and the templates."""
    return texts.gathered(tmp_path_factory.mktemp("texts"))


def faults(path: Path, template: Path) -> list[str]:
    """What is wrong with a catalogue: texts that are missing, untranslated, unconfirmed, or said nowhere any more."""
    asked = [
        ["msgcmp", str(path), str(template)],
        ["msgcmp", "--use-fuzzy", "--use-untranslated", str(template), str(path)],
    ]
    found = []
    for command in asked:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        found += done.stderr.splitlines() if done.returncode else []
    return found + unlike(path)


def unlike(path: Path) -> list[str]:
    """Translations with other placeholders or tags than their text has."""
    compiled = read(texts.compiled(path))
    return [
        f"{path}: {said!r} has not the placeholders of {text!r}"
        for text, form, said in pairs(compiled)
        if marks(said) != marks(text) and not (form in forms_of_one(compiled) and marks(said) < marks(text))
    ]


def read(compiled: bytes) -> gettext.GNUTranslations:
    return gettext.GNUTranslations(io.BytesIO(compiled))


def pairs(compiled: gettext.GNUTranslations) -> Iterator[tuple[str, int | None, str]]:
    """Each text with its translation, and the number of the plural form that this is."""
    for key, said in compiled._catalog.items():  # type: ignore[attr-defined]
        text, form = key if isinstance(key, tuple) else (key, None)
        if text:
            yield text, form, said


def marks(text: str) -> set[str]:
    return set(PLACEHOLDER.findall(text))


def forms_of_one(compiled: gettext.GNUTranslations) -> set[int]:
    """The plural forms that one number alone has: they may write it as a word."""
    forms = [compiled.plural(number) for number in range(1_000)]  # type: ignore[attr-defined]
    return {form for form in forms if forms.count(form) == 1}


@pytest.mark.parametrize("path", CATALOGUES, ids=LANGUAGES)
def test_every_text_is_translated_with_its_placeholders(path: Path, template: Path) -> None:
    found = faults(path, template)
    assert not found, told([*found, "Run `make texts`, then translate what is empty."])


@pytest.mark.parametrize("path", [*CATALOGUES, *ALLAUTHS], ids=str)
def test_a_compiled_catalogue_is_as_new_as_its_source(path: Path) -> None:
    assert is_compiled(path), "run `make texts`"


def is_compiled(path: Path) -> bool:
    kept, source = read(path.with_suffix(".mo").read_bytes()), read(texts.compiled(path))
    return list(pairs(kept)) == list(pairs(source)) and kept.info() == source.info()


def without_a_text(catalogue: str) -> str:
    return re.sub(r'\nmsgid "Reply"\nmsgstr ".*"\n', "\n", catalogue)


def with_a_text_too_many(catalogue: str) -> str:
    return catalogue + '\nmsgid "Nobody says this."\nmsgstr "Niemand sagt das."\n'


def with_a_text_untranslated(catalogue: str) -> str:
    return re.sub(r'(msgid "Reply"\nmsgstr) ".*"', r'\1 ""', catalogue)


def with_a_text_unconfirmed(catalogue: str) -> str:
    return catalogue.replace('msgid "Reply"\n', '#, fuzzy\nmsgid "Reply"\n')


def with_a_plural_form_untranslated(catalogue: str) -> str:
    return re.sub(r"(msgstr\[1\]) .*", r'\1 ""', catalogue, count=1)


def with_a_lost_tag(catalogue: str) -> str:
    return catalogue.replace("Weiter als <bdi>%(name)s</bdi>", "Weiter als %(name)s")


@pytest.mark.parametrize(
    "broken",
    [
        without_a_text,
        with_a_text_too_many,
        with_a_text_untranslated,
        with_a_text_unconfirmed,
        with_a_plural_form_untranslated,
        with_a_lost_tag,
    ],
)
def test_what_is_wrong_is_seen(broken: Callable[[str], str], template: Path, tmp_path: Path) -> None:
    whole = texts.catalogue(texts.OURS, "de").read_text(encoding="utf-8")
    assert broken(whole) != whole
    path = tmp_path / "django.po"
    path.write_text(broken(whole), encoding="utf-8")
    assert faults(path, template)


def test_a_wrong_placeholder_is_not_even_compiled(tmp_path: Path) -> None:
    path = tmp_path / "django.po"
    whole = texts.catalogue(texts.OURS, "de").read_text(encoding="utf-8")
    path.write_text(whole.replace("Kommentare zu %(title)s", "Kommentare zu %(titel)s"), encoding="utf-8")
    with pytest.raises(SystemExit):
        texts.compiled(path)


def test_a_catalogue_that_was_not_compiled_again_is_seen(tmp_path: Path) -> None:
    path = tmp_path / "django.po"
    for suffix in (".po", ".mo"):
        shutil.copy(texts.catalogue(texts.OURS, "de").with_suffix(suffix), path.with_suffix(suffix))
    assert is_compiled(path)
    path.write_text(path.read_text(encoding="utf-8").replace('"Antworten"', '"Erwidern"'), encoding="utf-8")
    assert not is_compiled(path)


def test_gathering_again_changes_nothing(template: Path, tmp_path: Path) -> None:
    path = tmp_path / "django.po"
    shutil.copy(texts.catalogue(texts.OURS, "ar"), path)
    texts.merge(path, template, "ar")
    once = path.read_bytes()
    texts.merge(path, template, "ar")
    assert path.read_bytes() == once
    assert not re.search(rb"Date|\.(py|html|txt):\d", once)


def test_a_new_language_begins_with_its_own_plural_forms(template: Path, tmp_path: Path) -> None:
    path = tmp_path / "pl" / "django.po"
    texts.merge(path, template, "pl")
    begun = path.read_text(encoding="utf-8")
    assert "nplurals=4" in begun
    assert 'msgstr[3] ""' in begun
    assert texts.unfinished(path)


def test_the_languages_of_the_site_are_those_that_have_a_catalogue() -> None:
    assert sorted(code for code, _name in settings.LANGUAGES) == sorted(["en", *LANGUAGES])


@pytest.mark.parametrize("path", [*CATALOGUES, *ALLAUTHS], ids=str)
def test_nothing_is_shouted(path: Path) -> None:
    loud = [text for text, _form, said in pairs(read(texts.compiled(path))) if "!" in text + said]
    assert not loud, told(loud)


def test_scripts_take_all_their_words_from_the_page() -> None:
    page = (texts.ROOT / texts.PRODUCT / "embed/templates/embed/_same.html").read_text(encoding="utf-8")
    given = page[page.index("{% set words = {") : page.index("} %}\n{% set words_for_scripts")]
    sources = [path.read_text(encoding="utf-8") for path in SCRIPTS.glob("*.js")]
    assert sources
    used = {name for source in sources for name in re.findall(r"\bwords\.(\w+)|counted\('(\w+)'", source)}
    dynamic = {"comments", "replies"}  # the frame counts by what it is told to count
    assert {one or other for one, other in used} | dynamic == set(
        re.findall(r'^  "(\w+)":', given, re.MULTILINE)
    )


FAMILIAR = {
    "de": r"\b([Dd]u|[Dd]ich|[Dd]ir|[Dd]ein\w*)\b",
    "fr": r"\b([Tt]u|[Tt]e|[Tt]oi|[Tt]on|[Tt]es|[Tt]a)\b",
}
# Pages of allauth that this site does not have.
NOT_HERE = ("phone", "passkey", "email_change.html", "verified_email_required.html")


@pytest.mark.parametrize("language", FAMILIAR)
def test_readers_are_addressed_as_formally_by_allauth_as_by_us(language: str) -> None:
    with override(language):
        said = {text: translated(text) for text in texts_of_allauth()}
    assert len(said) > 60
    familiar = [each for each in said.values() if re.search(FAMILIAR[language], each)]
    assert not familiar, told([*familiar, f"Say these in {texts.ALLAUTHS}/{language} as we would."])


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_allauth_says_here_has_a_translation(language: str) -> None:
    with override(language):
        english = [text for text in texts_of_allauth() if translated(text) == text]
    assert not [text for text in english if re.search(r"[a-z] [a-z]", text)]


@pytest.mark.parametrize("path", ALLAUTHS, ids=str)
def test_what_we_say_in_allauths_place_is_still_said_by_allauth(path: Path) -> None:
    ours = {text for text, _form, _said in pairs(read(texts.compiled(path)))}
    assert not ours - texts_of_allauth()
    with override(path.parts[-3]):
        assert all(translated(text) == said for text, _form, said in pairs(read(texts.compiled(path))))


def texts_of_allauth() -> set[str]:
    """The texts of allauth's account pages, forms and mails, without those of templates that we replace."""
    folder = Path(allauth.__file__).parent
    catalogue = texts.run("msgcat", "--no-wrap", str(folder / "locale" / "de" / "LC_MESSAGES" / "django.po"))
    found = set()
    for entry in catalogue.decode().split("\n\n"):
        places = re.findall(r"\b(account/\S+|socialaccount/(?!providers)\S+|templates/\w+/\S+):\d+", entry)
        if any(is_used(place) for place in places if f"providers/{place}" not in entry):
            found.add(message_of(entry))
    return found


def is_used(place: str) -> bool:
    ours = texts.ROOT / texts.PRODUCT / "accounts" / place
    return place.startswith(
        ("account/", "socialaccount/", "templates/account/", "templates/socialaccount/")
    ) and not (ours.exists() or any(word in place for word in NOT_HERE))


def message_of(entry: str) -> str:
    """The text of an entry as programs ask for it."""
    written = re.search(r'^msgid ((?:".*"\n?)+)', entry, re.MULTILINE)
    assert written
    pieces = re.findall(r'"(.*)"', written[1])
    return "".join(pieces).replace("\\n", "\n").replace('\\"', '"')
