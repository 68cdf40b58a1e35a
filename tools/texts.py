"""Gathers the texts that people see into the catalogues of each language, and compiles these.

python tools/texts.py      after a text was written or translated: `make texts`

It reads Python, Django's templates and Jinja's; scripts are given their words by a template. Neither dates nor line
numbers are written, so a catalogue changes when its texts do. A folder `src/descant/locale/LANGUAGE` that holds no
catalogue yet is given one.
"""

import gettext
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from django.conf import locale as languages_of_django
from django.utils.translation.template import templatize
from jinja2 import Environment

ROOT = Path(__file__).resolve().parent.parent
PRODUCT = Path("src/descant")
OURS = PRODUCT / "locale"
# What allauth says otherwise than we would; nobody gathers these, for they stand in none of our files.
ALLAUTHS = PRODUCT / "accounts" / "locale"

KEYWORDS = ["gettext_lazy", "gettext_noop", "ngettext_lazy:1,2", "pgettext:1c,2", "npgettext:1c,2,3"]
PLAIN = ["--no-wrap", "--add-location=file"]
_jinja = Environment(extensions=["jinja2.ext.i18n"], trim_blocks=True, lstrip_blocks=True)


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="descant-texts-") as folder:
        template = gathered(Path(folder))
        for language in sorted(path.name for path in (ROOT / OURS).iterdir()):
            merge(catalogue(OURS, language), template, language)
    for place in (OURS, ALLAUTHS):
        for path in sorted((ROOT / place).glob("*/LC_MESSAGES/django.po")):
            path.with_suffix(".mo").write_bytes(compiled(path))
            left = unfinished(path).count(b"\n\n")
            print(f"{path.relative_to(ROOT)}: {f'{left} texts to translate' if left else 'complete'}")


def catalogue(place: Path, language: str) -> Path:
    return ROOT / place / language / "LC_MESSAGES" / "django.po"


def gathered(folder: Path) -> Path:
    """All texts as a template for catalogues: every file that has some is written down again as calls of gettext."""
    names = []
    for path in sorted((ROOT / PRODUCT).rglob("*.*")):
        calls = calls_in(path)
        if calls:
            name = path.relative_to(ROOT)
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(calls, encoding="utf-8")
            names.append(str(name))
    template = folder / "django.pot"
    asked = [f"--keyword={keyword}" for keyword in KEYWORDS]
    written = ["--language=Python", "--from-code=UTF-8", f"--output={template}"]
    run("xgettext", *written, *PLAIN, *asked, *names, within=folder)
    # Without a head of its own xgettext would leave out all that is not ASCII; ours has no date.
    _head, _blank, texts = template.read_text(encoding="utf-8").partition("\n\n")
    template.write_text(head_of("Content-Type: text/plain; charset=UTF-8") + texts, encoding="utf-8")
    return template


def calls_in(path: Path) -> str:
    """The texts of a file as Python that xgettext can read; empty if it is of no kind that has texts."""
    if "migrations" in path.parts or path.suffix not in (".py", ".html", ".txt"):
        return ""
    source = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        return source
    if "{% load " in source:
        return str(templatize(source, origin=str(path)))
    lines = []
    for _line, function, said in _jinja.extract_translations(source):  # type: ignore[attr-defined]
        texts = [said] if isinstance(said, str) else [text for text in said if text is not None]
        lines.append(f"{function}({', '.join(json.dumps(text, ensure_ascii=False) for text in texts)})\n")
    return "".join(lines)


def merge(path: Path, template: Path, language: str) -> None:
    """Bring a catalogue up to the template, without guesses; what nobody says any more is dropped."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(first_lines(language), encoding="utf-8")
    merged = run("msgmerge", "--quiet", "--no-fuzzy-matching", *PLAIN, str(path), str(template))
    path.write_bytes(run("msgattrib", "--no-obsolete", *PLAIN, "-", fed=merged))


def first_lines(language: str) -> str:
    """The head of a new catalogue, with the plural forms that Django has for its language."""
    known = Path(languages_of_django.__file__).parent / language / "LC_MESSAGES" / "django.mo"
    with known.open("rb") as file:
        forms = gettext.GNUTranslations(file).info()["plural-forms"]
    head = [f"Language: {language}", "MIME-Version: 1.0", "Content-Type: text/plain; charset=UTF-8"]
    head += ["Content-Transfer-Encoding: 8bit", f"Plural-Forms: {forms}"]
    return head_of(*head)


def head_of(*lines: str) -> str:
    return 'msgid ""\nmsgstr ""\n' + "".join(f'"{line}\\n"\n' for line in lines) + "\n"


def compiled(path: Path) -> bytes:
    """A catalogue as it is read when Descant runs. A placeholder that is wrong stops here."""
    return run("msgfmt", "--check-format", "--no-hash", "--output-file=-", str(path))


def unfinished(path: Path) -> bytes:
    """The texts of a catalogue that have no translation, or one that nobody has confirmed."""
    return b"".join(
        run("msgattrib", which, *PLAIN, str(path)) for which in ("--untranslated", "--only-fuzzy")
    )


def run(program: str, *words: str, within: Path = ROOT, fed: bytes | None = None) -> bytes:
    try:
        done = subprocess.run([program, *words], cwd=within, input=fed, stdout=subprocess.PIPE, check=False)
    except FileNotFoundError:
        sys.exit(
            f"{program} is missing; it is one of GNU gettext's programs. On Debian:  apt-get install gettext"
        )
    if done.returncode:
        sys.exit(f"{program} ended with {done.returncode}: mend what it says above, then `make texts` again.")
    return done.stdout


if __name__ == "__main__":
    main()
