"""Blacklists, which are the forum's bans, and whitelists, which are the people that it trusts."""

from collections.abc import Callable, Collection, Mapping, Sequence

from django.db.models import QuerySet

from descant.api.arguments import PAGING
from descant.api.declaring import Asked, Given, Page, Standing, endpoint
from descant.api.declaring.parameters import BadArgument, Parameter, bad, every, id_in, text
from descant.api.objects.deeds import Listed
from descant.api.objects.moments import moment
from descant.api.reading.paging import cursor_of, page_of, some_of
from descant.discussion.deciding import owning
from descant.discussion.deciding.abilities import check_ability
from descant.discussion.deciding.banning import Whom, account, address_range, ban_person, lift_ban, mailbox
from descant.discussion.posting import Refused
from descant.forums.models import Ban, Forum, Invitation, Role

MOST = 100
LISTED_MOST = 1_000


def _some(given: Given, *names: str) -> list[tuple[str, str]]:
    found = [(name, value) for name in names for value in every(given, name)]
    if not 1 <= len(found) <= MOST:
        raise bad(names[0], f"give 1 to {MOST} of {', '.join(names)}")
    return found


def _whom(given: Given) -> list[tuple[str, str]]:
    """Who is meant, each by an account, an e-mail address or a network address."""
    return _some(given, "user", "email", "ip")


def _users(given: Given) -> list[str]:
    return [value.removeprefix("username:").strip() for _, value in _some(given, "user")]


_TEXTS = {"type": "array", "items": {"type": "string"}, "maxItems": MOST}
WHOM = Parameter(
    "user",
    "Accounts, by id; repeat the name for several.",
    _whom,
    _TEXTS,
    also={"email": "E-mail addresses.", "ip": "Network addresses, or ranges such as 192.0.2.0/24."},
)
USERS = Parameter(
    "user", "People, by the names that they sign in with, or e-mail addresses.", _users, _TEXTS, needed=True
)
NOTES = text("notes", "Why; she is told.", most=500)


@endpoint("blacklists/list", who=Standing.PERSON, takes=PAGING, example={"limit": "2"})
def list_blacklist(asked: Asked) -> Page[Listed]:
    """Who is banned from the forum."""
    check_ability(asked.author, "ban")
    found = some_of([Ban.objects.filter(forum=asked.forum, lifted_at=None)], asked, "made_at")
    return page_of(found, asked, lambda bans: [_banned(ban) for ban in bans], "made_at")


@endpoint(
    "blacklists/add",
    method="POST",
    who=Standing.PERSON,
    takes=(WHOM, NOTES),
    example={"ip": "192.0.2.7", "notes": "Advertises."},
)
def add_to_blacklist(asked: Asked) -> list[Listed]:
    """Ban people from the forum; who is banned already is given as she stands there, who cannot be with the reason."""
    check_ability(asked.author, "ban")
    meant = {named: _looked_up(asked.forum, *named) for named in asked[WHOM]}
    held = _in_force(asked, [whom for whom in meant.values() if isinstance(whom, Whom)])
    return _each(asked[WHOM], lambda named: _ban(asked, meant[named], held))


@endpoint("blacklists/remove", method="POST", who=Standing.PERSON, takes=(WHOM,), example={"ip": "192.0.2.7"})
def remove_from_blacklist(asked: Asked) -> list[Listed]:
    """Lift the bans of people; who is not banned is left out."""
    found = _in_force(asked, _meant(asked)).values()
    return [_banned(ban) for ban in found if lift_ban(forum=asked.forum, ban=ban, by=asked.author)]


@endpoint("whitelists/list", who=Standing.PERSON)
def list_whitelist(asked: Asked) -> Page[Listed]:
    """Whose comments are never held: all of them, the first 1,000 at most."""
    check_ability(asked.author, "roles")
    rows = Role.objects.filter(forum=asked.forum, kind=Role.Kind.TRUSTED).select_related("user")
    found = rows.order_by("user__username", "id")[:LISTED_MOST]
    return Page([_trusted(role) for role in found], cursor_of())


@endpoint(
    "whitelists/add", method="POST", who=Standing.PERSON, takes=(USERS,), example={"user": "username:cy"}
)
def add_to_whitelist(asked: Asked) -> list[Listed]:
    """Trust people: what they write is not held; who has an address is invited. Who is not known is given with why."""
    check_ability(asked.author, "roles")
    strangers = owning.strangers_among(asked[USERS])
    return _each([("user", name) for name in asked[USERS]], lambda named: _trust(asked, named[1], strangers))


@endpoint(
    "whitelists/remove", method="POST", who=Standing.PERSON, takes=(USERS,), example={"user": "username:cy"}
)
def remove_from_whitelist(asked: Asked) -> list[Listed]:
    """Trust people no more, and take invitations back; who was not trusted is left out."""
    check_ability(asked.author, "roles")
    found, invitations = list(_roles(asked)), list(_invitations(asked))
    for role in found:
        owning.take_role(forum=asked.forum, by=asked.author, user_id=role.user_id)
    for invitation in invitations:
        owning.withdraw(forum=asked.forum, by=asked.author, invitation_id=invitation.pk)
    return [*map(_trusted, found), *(_invited(invitation.email) for invitation in invitations)]


def _each(named: Sequence[tuple[str, str]], add: Callable[[tuple[str, str]], Listed]) -> list[Listed]:
    """Each by itself: one who cannot be added keeps nobody else out. If none can, the request is refused."""
    told: list[Listed] = []
    refusals: list[Exception] = []
    for kind, value in named:
        try:
            told.append(add((kind, value)))
        except (Refused, BadArgument) as refused:
            refusals.append(refused)
            told.append(
                {
                    "id": "",
                    "type": kind,
                    "value": value,
                    "notes": "",
                    "dateAdded": None,
                    "refused": str(refused),
                }
            )
    if len(refusals) == len(told):
        raise refusals[0]
    return told


def _looked_up(forum: Forum, kind: str, value: str) -> Whom | Exception:
    """Who is meant, or why nobody can be."""
    try:
        return _FOUND[kind](forum, value)
    except (Refused, BadArgument) as refused:
        return refused


def _ban(asked: Asked, whom: Whom | Exception, held: Mapping[tuple[str, str], Ban]) -> Listed:
    if isinstance(whom, Exception):
        raise whom
    reason = asked[NOTES] or "API"
    ban = held.get((whom.kind, whom.value))
    return _banned(ban or ban_person(forum=asked.forum, whom=whom, by=asked.author, reason=reason))


def _trust(asked: Asked, name: str, strangers: Collection[str]) -> Listed:
    if owning.is_address(name):
        owning.invite(forum=asked.forum, by=asked.author, email=name, kind=Role.Kind.TRUSTED)
        return _invited(name)
    if name in strangers:
        raise owning.CannotChange(str(owning.NOBODY))
    user = owning.trust(forum=asked.forum, by=asked.author, whom=name)
    return _trusted(Role.objects.select_related("user").get(forum=asked.forum, user=user))


_FOUND: Mapping[str, Callable[[Forum, str], Whom]] = {
    "user": lambda forum, value: account(forum, id_in("user", value)),
    "email": lambda _forum, value: mailbox(value),
    "ip": lambda _forum, value: address_range(value),
}


def _meant(asked: Asked) -> list[Whom]:
    """Looked up for who may ban, and for nobody else."""
    check_ability(asked.author, "ban")
    return [_FOUND[name](asked.forum, value) for name, value in asked[WHOM]]


def _in_force(asked: Asked, meant: Sequence[Whom]) -> dict[tuple[str, str], Ban]:
    """The bans of those who are named, by kind and value."""
    wanted = {(whom.kind, whom.value) for whom in meant}
    rows = Ban.objects.filter(forum=asked.forum, lifted_at=None, value__in={value for _, value in wanted})
    return {(ban.kind, ban.value): ban for ban in rows if (ban.kind, ban.value) in wanted}


def _roles(asked: Asked) -> QuerySet[Role]:
    rows = Role.objects.filter(forum=asked.forum, kind=Role.Kind.TRUSTED, user__username__in=asked[USERS])
    return rows.select_related("user").order_by("user__username", "id")


def _invitations(asked: Asked) -> QuerySet[Invitation]:
    addresses = [name.lower() for name in asked[USERS] if owning.is_address(name)]
    rows = Invitation.objects.open().filter(forum=asked.forum, kind=Role.Kind.TRUSTED, email__in=addresses)
    return rows.order_by("made_at", "id")


def _banned(ban: Ban) -> Listed:
    kind = {"address": "ip", "account": "user"}.get(ban.kind, ban.kind)
    return {
        "id": str(ban.pk),
        "type": kind,
        "value": ban.shown,
        "notes": ban.reason,
        "dateAdded": moment(ban.made_at),
    }


def _trusted(role: Role) -> Listed:
    return {"id": str(role.user_id), "type": "user", "value": str(role.user), "notes": "", "dateAdded": None}


def _invited(address: str) -> Listed:
    return {"id": "", "type": "email", "value": address, "notes": "", "dateAdded": None, "invited": True}
