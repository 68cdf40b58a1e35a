"""The recipes of the docs, each run by its own language: what they make signs people in."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from descant.forums.signing_on.keys import make_key
from descant.forums.signing_on.people import signed_on
from tests.descant.conftest import Cast

PAGE = Path(__file__).parents[4] / "docs" / "programs" / "sso.md"
ZOE = {
    "id": 7,
    "username": "Zoë „z“ / <Ž>",
    "email": "zoe@mail.example",
    "url": "https://zoe.example/?a=1&b=2",
}
RUNS = {
    "python": ("python3", "import sys\nprint(remote_auth(json.loads(sys.argv[1]), sys.argv[2]))"),
    "php": ("php", "echo remote_auth(json_decode($argv[1], true), $argv[2]);"),
    "ruby": ("ruby", "puts remote_auth(JSON.parse(ARGV[0]), ARGV[1])"),
    "javascript": ("node", "console.log(remoteAuth(JSON.parse(process.argv[2]), process.argv[3]));"),
}


@pytest.mark.parametrize("language", RUNS)
def test_a_recipe_of_the_docs_signs_people_in_and_out(cast: Cast, tmp_path: Path, language: str) -> None:
    program, use = RUNS[language]
    if not shutil.which(program):
        pytest.skip(f"there is no {program} here: `make test` installs it")
    (recipe,) = re.findall(rf"```{language}\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    script = tmp_path / "recipe"
    script.write_text(("<?php\n" if language == "php" else "") + recipe + use, encoding="utf-8")
    key = make_key(forum=cast.gazette)
    names = []
    for person in (ZOE, {}):
        command = [program, str(script), json.dumps(person), key.secret_key]
        written = subprocess.run(
            command, capture_output=True, text=True, timeout=60, check=True
        ).stdout.strip()
        user, _message = signed_on(forum=cast.gazette, written=written, public_key=key.public_key)
        names.append(user and str(user))
    assert names == [ZOE["username"], None]
