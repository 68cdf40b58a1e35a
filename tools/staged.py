"""The hook before a commit: the linter, and the rules of the house that look at each file alone, on what is staged.

python tools/staged.py            the files that are staged
python tools/staged.py FILE …     these

Types, imports between rooms and rules about all files together are left to `make check`: they take longer than anybody
waits for a commit.
"""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.house import (  # noqa: E402
    sources,
    test_imports,
    test_orders,
    test_saves,
    test_size,
    test_transactions,
    test_words,
)

STAGED = ["git", "diff", "--cached", "--name-only", "--diff-filter=d", "-z"]
RULES: tuple[Callable[[], None], ...] = (
    test_size.test_a_module_has_at_most_300_lines,
    test_size.test_a_function_has_at_most_40_lines,
    test_size.test_a_function_takes_few_parameters,
    test_words.test_a_module_opens_with_a_sentence,
    test_words.test_no_name_is_empty,
    test_words.test_no_query_takes_all_rows_unasked,
    test_words.test_nothing_names_a_machine_or_a_registry,
    test_orders.test_every_order_ends_with_a_key_and_an_id_is_no_time,
    test_saves.test_every_save_says_that_the_row_is_new_or_what_it_writes,
    test_transactions.test_the_product_has_one_door_to_a_transaction,
    test_imports.test_no_import_stands_inside_a_function,
    test_imports.test_code_does_not_import_the_tests,
)


def main(named: list[str]) -> int:
    files = [Path(name) for name in named or staged()]
    if not files:
        return 0
    sources.look_at_these_alone(files)
    faults = [*lint([str(file) for file in files if file.suffix == ".py"]), *broken_rules()]
    if faults:
        print(*faults, "\n`make tidy` mends what can be; `git commit --no-verify` goes past.", sep="\n")
    return 1 if faults else 0


def staged() -> list[str]:
    listed = subprocess.run(STAGED, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [name for name in listed.split("\0") if name]


def lint(modules: list[str]) -> Iterator[str]:
    ruff = str(Path(sys.executable).with_name("ruff"))
    for words in (["check", "--quiet"], ["format", "--check", "--quiet"]):
        if modules:
            told = subprocess.run(
                [ruff, *words, "--force-exclude", *modules],
                cwd=ROOT,
                capture_output=True,
                text=True,
                check=False,
            )
            if told.returncode:
                yield (told.stdout + told.stderr).strip()


def broken_rules() -> Iterator[str]:
    for rule in RULES:
        try:
            rule()
        except AssertionError as broken:
            yield f"{rule.__name__.removeprefix('test_').replace('_', ' ')}:{broken}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
