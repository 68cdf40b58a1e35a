"""Accounts of another site arrive as ones that nobody can sign in to, and rules before the reasons that name them."""

import hashlib
from collections.abc import Iterable
from typing import Any

from django.contrib.auth.hashers import make_password

from descant.accounts.models import User
from descant.discussion import text
from descant.discussion.judging.rules.kinds import compile_rule
from descant.discussion.judging.rules.subjects import BadRule
from descant.exchange.arriving.berth import Berth, chunks
from descant.exchange.native import OF_FORUM
from descant.exchange.sorting import arrivals
from descant.forums.models import Rule
from django_headroom.transactions import writing

CHUNK = 500


def bring_people(berth: Berth) -> None:
    """Makes, or finds again, who speaks in a file of our own; other formats have only names."""
    for chunk in () if berth.dry_run else chunks(arrivals.asides(berth.spool, "account"), CHUNK):
        names = {stand_in(berth, f"account/{row['id']}"): row for row in chunk}
        here = dict(User.objects.filter(username__in=names).values_list("username", "pk"))
        fresh = [_account(username, row) for username, row in names.items() if username not in here]
        with writing("default"):
            User.objects.bulk_create(fresh)
        here.update({user.username: user.pk for user in fresh})
        _keep(berth, "account_here", {row["id"]: here[username] for username, row in names.items()})
    for chunk in () if berth.dry_run else chunks(arrivals.asides(berth.spool, "rule"), CHUNK):
        _bring_rules(berth, chunk)


def stand_in(berth: Berth, who: str) -> str:
    """A name for somebody of another site: the same in each run, nobody's here, and not to be guessed back."""
    site = berth.spool.one("SELECT fields ->> 'site' FROM aside WHERE kind = 'head'")
    return "moved-" + hashlib.sha256(f"{berth.forum.pk}/{site}/{who}".encode()).hexdigest()[:30]


def people_here(berth: Berth, numbers: Iterable[int]) -> dict[int, int]:
    """The accounts that stand here for those of the file."""
    return _here(berth, "account_here", numbers)


def rules_here(berth: Berth, numbers: Iterable[int]) -> dict[int, int]:
    return _here(berth, "rule_here", numbers)


def _account(username: str, row: dict[str, Any]) -> User:
    """Never with an e-mail address: whoever has it would get the account by a new password."""
    name = text.one_line(row["name"])[:80]
    return User(username=username, name=name, password=make_password(None), is_active=False)


def _bring_rules(berth: Berth, chunk: list[dict[str, Any]]) -> None:
    """As they were; only one that asks a judge outside is off: the secret that it showed there stayed there."""
    here = {
        (each.title, each.kind, each.changed_at): each.pk for each in Rule.objects.filter(forum=berth.forum)
    }
    fields = {each.attname: each for each in Rule._meta.concrete_fields}
    found = {}
    for row in chunk:
        values = {
            name: fields[name].to_python(row[name]) for name in OF_FORUM["rule"].columns if name in fields
        }
        number = values.pop("id")
        values["changed_by_id"] = people_here(berth, [row["changed_by_id"] or 0]).get(row["changed_by_id"])
        key = (values["title"], values["kind"], values["changed_at"])
        if key not in here:
            values["is_on"] = values["is_on"] and _can_be_followed(values["kind"], values["said"])
            rule = Rule(forum=berth.forum, **values)
            rule.save(force_insert=True)
            here[key] = rule.pk
        found[number] = here[key]
    _keep(berth, "rule_here", found)


def _can_be_followed(kind: str, said: dict[str, Any]) -> bool:
    try:
        compile_rule(kind, said)
    except BadRule:
        return False
    return kind != Rule.Kind.OUTSIDE


def _keep(berth: Berth, table: str, found: dict[int, int]) -> None:
    berth.spool.rows.executemany(f"INSERT OR REPLACE INTO {table} VALUES (?, ?)", found.items())


def _here(berth: Berth, table: str, numbers: Iterable[int]) -> dict[int, int]:
    wanted = ",".join(map(str, map(int, set(numbers))))
    return dict(berth.spool.each(f"SELECT number, id FROM {table} WHERE number IN ({wanted})"))
