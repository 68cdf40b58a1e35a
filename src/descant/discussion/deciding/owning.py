"""What an owner decides about her forum: its settings, its domains, its people and its keys."""

from collections.abc import Collection
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from descant.accounts.models import Remote, User
from descant.discussion import text
from descant.discussion.authors import Author, role_of
from descant.discussion.deciding.abilities import NotAModerator, check_ability, check_may
from descant.discussion.posting import Refused
from descant.forums import inviting, opening
from descant.forums.domains import BadDomain
from descant.forums.keys import issuing
from descant.forums.keys.issuing import IssuedKey
from descant.forums.models import Forum, Invitation, Role
from descant.forums.noting import Noted
from descant.forums.opening import BadForum, ForumExists
from descant.forums.signing_on.keys import TooManyKeys, let_sign_in
from descant.forums.signing_on.people import organisation_of
from descant.switches import check_writable

NOBODY = gettext_lazy("There is no account with this user name. By an address invite her, under “Roles”.")


class CannotChange(Refused):
    code = "cannot_change"


def change_settings(*, forum: Forum, by: Author, why: str = "", **columns: Any) -> None:
    """Change what a forum is and does; pages made before count as old.

    Raises:
        NotAModerator, CannotChange
    """
    check_may(by, "settings", forum)
    if "title" in columns:
        columns["title"] = text.one_line(columns["title"])
    if "policy" in columns:
        columns["policy"] = text.plain(columns["policy"]).strip()
    if not columns.get("title", forum.title):
        raise CannotChange(_("A forum needs a title."))
    changed = Forum(**columns)
    try:
        changed.clean_fields(exclude={field.name for field in Forum._meta.fields} - columns.keys())
    except ValidationError as error:
        raise CannotChange(" ".join(error.messages)) from error
    opening.change_forum(forum=forum, noted=Noted(by.user, why), **columns)


def add_domain(*, forum: Forum, by: Author, domain: str, why: str = "") -> None:
    """Let one more site show the forum.

    Raises:
        NotAModerator, CannotChange
    """
    check_may(by, "settings", forum)
    try:
        opening.add_domain(forum=forum, domain=domain, noted=Noted(by.user, why))
    except BadDomain as error:
        raise CannotChange(str(error)) from error


def remove_domain(*, forum: Forum, by: Author, domain: str, why: str = "") -> None:
    """Keep a site from showing the forum.

    Raises:
        NotAModerator, CannotChange
    """
    check_may(by, "settings", forum)
    try:
        opening.remove_domain(forum=forum, domain=domain, noted=Noted(by.user, why))
    except (BadDomain, BadForum) as error:
        raise CannotChange(str(error)) from error


def give_role(*, forum: Forum, by: Author, whom: str, kind: str, why: str = "") -> User:
    """Give somebody a role.

    Args:
        whom: the name that she signs in with; of somebody whom the forum's own site signs in ``site:`` and the
            site's id of her. By an e-mail address somebody is invited, for it would tell whose it is.

    Raises:
        NotAModerator, CannotChange
    """
    check_may(by, "roles", forum)
    user = _known_as(whom.strip(), forum)
    if user is None or kind not in Role.Kind:
        raise CannotChange(str(NOBODY))
    try:
        opening.name_role(forum=forum, user=user, kind=kind, noted=Noted(by.user, why))
    except BadForum as error:
        raise CannotChange(str(error)) from error
    return user


def invite(*, forum: Forum, by: Author, email: str, kind: str, why: str = "") -> None:
    """Invite who has an address to a role; she takes it when she accepts, by a link in a mail.

    Raises:
        NotAModerator, CannotChange
    """
    check_may(by, "roles", forum)
    if kind not in Role.Kind:
        raise CannotChange(_("There is no such role."))
    try:
        inviting.invite(forum=forum, email=email, kind=kind, noted=Noted(by.user, why))
    except BadForum as error:
        raise CannotChange(str(error)) from error


def accept(*, invitation: Invitation, user: User) -> None:
    """Take the role that one is invited to, while who has invited may still give it.

    Raises:
        CannotChange
    """
    forum = invitation.forum
    try:
        check_may(Author(user=invitation.by, role=role_of(invitation.by, forum)), "roles", forum)
        is_done = inviting.accept_invitation(invitation=invitation, user=user)
    except BadForum as error:
        raise CannotChange(str(error)) from error
    except NotAModerator:
        is_done = False
    if not is_done:
        raise CannotChange(_("This invitation was taken back, or accepted before."))


def withdraw(*, forum: Forum, by: Author, invitation_id: int) -> None:
    """Take an invitation back.

    Raises:
        NotAModerator, CannotChange
    """
    check_may(by, "roles", forum)
    if not inviting.withdraw_invitation(forum=forum, invitation_id=invitation_id):
        raise CannotChange(_("This invitation was taken back, or accepted before."))


def is_address(whom: str) -> bool:
    """Whether somebody is named by an e-mail address, by which she is invited and never looked up."""
    return "@" in whom and not whom.startswith("site:")


def strangers_among(names: Collection[str]) -> set[str]:
    """Those of some user names that nobody signs in with; e-mail addresses and names of a site are left out."""
    plain = {name for name in names if not is_address(name) and not name.startswith("site:")}
    known = User.objects.filter(is_active=True, organisation=None, username__in=plain)
    return plain - set(known.values_list("username", flat=True))


def trust(*, forum: Forum, by: Author, whom: str) -> User:
    """Trust somebody who has no role yet; who moderates or is trusted stays what she is.

    Raises:
        NotAModerator, CannotChange
    """
    check_may(by, "roles", forum)
    user = _known_as(whom.strip(), forum)
    if user is None or not Role.objects.filter(forum=forum, user=user).exists():
        return give_role(forum=forum, by=by, whom=whom, kind=Role.Kind.TRUSTED)
    return user


def take_role(*, forum: Forum, by: Author, user_id: int, why: str = "") -> None:
    """Take somebody's role away; the last owner's stays.

    Raises:
        NotAModerator, CannotChange
    """
    check_may(by, "roles", forum)
    try:
        opening.take_role(forum=forum, user_id=user_id, noted=Noted(by.user, why))
    except BadForum as error:
        raise CannotChange(str(error)) from error


def open_another(*, by: Author, name: str, title: str, website: str) -> Forum:
    """Open one more forum, which is hers.

    Args:
        by: with her role on the forum that she asks from.

    Raises:
        NotAModerator, CannotChange
    """
    check_ability(by, "open")
    check_writable()
    title = text.one_line(title)
    try:
        return opening.open_forum(name=name, domains=[website], title=title, owner=by.user)
    except (BadForum, BadDomain, ForumExists) as error:
        raise CannotChange(str(error)) from error


def make_key(*, forum: Forum, by: Author, title: str = "") -> IssuedKey:
    """Keys for a program; its access token acts as her.

    Raises:
        NotAModerator
    """
    check_may(by, "settings", forum)
    return issuing.issue_key(forum=forum, title=text.one_line(title), noted=Noted(by.user))


def rotate_key(*, forum: Forum, by: Author, key_id: int, why: str = "") -> IssuedKey:
    """A new secret and a new access token for a program; those from before hold for a day.

    Raises:
        NotAModerator, CannotChange
    """
    check_may(by, "settings", forum)
    issued = issuing.rotate_key(forum=forum, key_id=key_id, noted=Noted(by.user, why))
    if issued is None:
        raise CannotChange(_("This key is not there any more."))
    return issued


def revoke_key(*, forum: Forum, by: Author, key_id: int, why: str = "") -> None:
    """Take a program's keys away.

    Raises:
        NotAModerator, CannotChange
    """
    check_may(by, "settings", forum)
    if not issuing.revoke_key(forum=forum, key_id=key_id, noted=Noted(by.user, why)):
        raise CannotChange(_("This key is not there any more."))


def set_sign_on(*, forum: Forum, by: Author, key_id: int, may: bool, why: str = "") -> None:
    """Let a key's secret sign people of the forum's site in, or no longer.

    Raises:
        NotAModerator, CannotChange
    """
    check_may(by, "settings", forum)
    try:
        is_changed = let_sign_in(forum=forum, key_id=key_id, may=may, noted=Noted(by.user, why))
    except TooManyKeys as error:
        raise CannotChange(_("As many keys sign people in as can: let another one stop first.")) from error
    if not is_changed:
        raise CannotChange(_("This key is not there any more, or somebody else has just done it."))


def _known_as(whom: str, forum: Forum) -> User | None:
    """Nobody is found by her address: whoever has a list of them must not learn whose they are."""
    found = User.objects.filter(is_active=True)
    if whom.startswith("site:"):
        hers = {"identifier": whom.removeprefix("site:"), "organisation": organisation_of(forum)}
        return found.filter(pk__in=Remote.objects.filter(**hers).values("user")).first()
    return None if "@" in whom else found.filter(organisation=None, username=whom).first()
