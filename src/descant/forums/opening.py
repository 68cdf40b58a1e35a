"""Opening a forum and changing it: its name, its domains, its people, and the partition its rows live in."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.db.models import Count, F, QuerySet
from django.utils.translation import gettext as _

from descant.accounts.models import User
from descant.forums import directory
from descant.forums.directory import GLOBAL
from descant.forums.domains import as_host
from descant.forums.models import Change, Domain, Forum, Role
from descant.forums.noting import OPERATOR, About, Noted, note_change
from django_headroom.conf import headroom
from django_headroom.transactions import writing
from django_headroom.updates import change


class ForumExists(Exception):
    """A forum of this name was opened before."""


class BadForum(ValueError):
    """A name or a domain that cannot be used."""


def open_forum(
    *, name: str, domains: Iterable[str], title: str = "", owner: User | None = None, partition: str = ""
) -> Forum:
    """Open a forum.

    Args:
        domains: hosts that may show it, such as ``blog.example`` or ``*.blog.example``.
        partition: where its rows live; by default the partition with the fewest forums.

    Raises:
        ForumExists, BadForum.
    """
    if partition and partition not in headroom().partitions:
        raise BadForum(f"There is no partition {partition!r}: {', '.join(headroom().partitions)}.")
    forum = Forum(name=name, title=title or name, partition=partition or _roomiest())
    try:
        forum.clean_fields()
    except ValidationError as error:
        raise BadForum(f"{name!r} cannot be a forum's name: use a-z, 0-9 and hyphens, at most 50.") from error
    hosts = [as_host(domain) for domain in domains]
    if not hosts:
        raise BadForum("A forum needs at least one domain, such as blog.example: the site that shows it.")
    try:
        with writing("default"):
            forum.save(force_insert=True)
            Domain.objects.bulk_create(Domain(forum=forum, host=host) for host in dict.fromkeys(hosts))
            if owner is not None:
                Role.objects.create(forum=forum, user=owner, kind=Role.Kind.OWNER)
    except IntegrityError as error:
        raise ForumExists(f"A forum {name!r} is open already: choose another name.") from error
    directory.forget()
    return forum


def _roomiest() -> str:
    counted = dict(Forum.objects.values_list("partition").annotate(Count("id")))
    return min(headroom().partitions, key=lambda alias: counted.get(alias, 0))


def change_forum(*, forum: Forum, noted: Noted = OPERATOR, **columns: Any) -> Forum:
    """Change a forum's settings; pages made before count as old, by its revision."""
    with writing("default"):
        was = Forum.objects.filter(pk=forum.pk).values(*columns).get() if columns else {}
        changed = {name: [was[name], value] for name, value in columns.items() if was[name] != value}
        change(forum, revision=F("revision") + 1, **columns)
        if changed:
            note_change(forum, Change.What.SETTINGS, About(said=changed), noted)
    directory.tell_changed(forum)
    return forum


def show_anew(forums: QuerySet[Forum]) -> None:
    """Let no page of some forums count as new any more: what they show of people has changed."""
    with writing(GLOBAL):
        forums.update(revision=F("revision") + 1)
        for forum in forums:
            directory.tell_changed(forum)


def add_domain(*, forum: Forum, domain: str, noted: Noted = OPERATOR) -> None:
    """Let one more site show the forum.

    Raises:
        BadDomain
    """
    with writing("default"):
        row, is_new = Domain.objects.get_or_create(forum=forum, host=as_host(domain))
        change(forum, revision=F("revision") + 1)
        if is_new:
            note_change(forum, Change.What.DOMAIN_ADDED, About(row.host), noted)
    directory.tell_changed(forum)


def remove_domain(*, forum: Forum, domain: str, noted: Noted = OPERATOR) -> None:
    """Keep a site from showing the forum; what was said on its pages stays.

    Raises:
        BadForum: it is not one of the forum's, or it is the last.
    """
    with writing("default"):
        host = as_host(domain)
        if list(forum.domains.values_list("host", flat=True)) == [host]:
            raise BadForum(_("%(host)s is the only domain: add another first.") % {"host": host})
        if not forum.domains.filter(host=host).delete()[0]:
            raise BadForum(_("%(host)s is no domain of this forum.") % {"host": host})
        change(forum, revision=F("revision") + 1)
        note_change(forum, Change.What.DOMAIN_REMOVED, About(host), noted)
    directory.tell_changed(forum)


def name_role(*, forum: Forum, user: User, kind: str, noted: Noted = OPERATOR) -> None:
    """Give a person a role on the forum, in the place of the one she has.

    Raises:
        BadForum: the forum would have no owner any more.
    """
    with _roles_of(forum):
        Role.objects.update_or_create(forum=forum, user=user, defaults={"kind": kind})
        note_change(forum, Change.What.ROLE_GIVEN, About(said={"kind": kind}, whom=user), noted)


def take_role(*, forum: Forum, user_id: int, noted: Noted = OPERATOR) -> None:
    """Take a person's role on the forum away.

    Raises:
        BadForum: she has none, or the forum would have no owner any more.
    """
    with _roles_of(forum):
        role = Role.objects.filter(forum=forum, user=user_id).select_related("user").first()
        if role is None:
            raise BadForum(_("She has no role here any more."))
        role.delete()
        note_change(forum, Change.What.ROLE_TAKEN, About(said={"kind": role.kind}, whom=role.user), noted)


@contextmanager
def _roles_of(forum: Forum) -> Iterator[None]:
    """Change roles, one after the other: of two owners who take each other's away, one must stay."""
    owners = Role.objects.filter(forum=forum, kind=Role.Kind.OWNER)
    with writing("default"):
        change(forum, revision=F("revision") + 1)  # holds the forum's row; pages show who moderates
        had = owners.exists()
        yield
        if had and not owners.exists():
            raise BadForum(_("A forum needs an owner: name another first."))
    directory.tell_changed(forum)
