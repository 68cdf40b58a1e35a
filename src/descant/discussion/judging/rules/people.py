"""Rules on who writes: first comments, young accounts, addresses, and the pace of one person."""

from dataclasses import dataclass
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import ClassVar

from django.db.models import Q
from django.utils.translation import gettext as _

from descant.discussion.judging.rules.subjects import BadRule, Finding, Said, Subject, number_in, texts_in
from descant.discussion.models import Comment
from descant.forums.bans import is_in

RANGES_MOST = 1_000


@dataclass(frozen=True)
class First:
    """The first comments of an account; a guest's are always first, for a name proves nothing."""

    asks: ClassVar[bool] = True
    comments: int

    def find(self, subject: Subject) -> Finding | None:
        if subject.author_id is None:
            return Finding("guest")
        shown = Comment.objects.of(subject.forum_id).shown().filter(author=subject.author_id)
        before = len(shown.exclude(pk=subject.comment_id)[: self.comments].values_list("pk"))
        return None if before >= self.comments else Finding(str(before + 1))


@dataclass(frozen=True)
class Age:
    """Accounts younger than a number of hours; guests have none, and count as ``guests`` says."""

    asks: ClassVar[bool] = False
    hours: int
    guests: bool

    def find(self, subject: Subject) -> Finding | None:
        if subject.joined_at is None:
            return Finding("guest") if self.guests and subject.author_id is None else None
        age = subject.at - subject.joined_at
        return Finding(f"{age // timedelta(hours=1)} h") if age < timedelta(hours=self.hours) else None


@dataclass(frozen=True)
class Addresses:
    """Ranges of addresses."""

    asks: ClassVar[bool] = False
    ranges: tuple[IPv4Network | IPv6Network, ...]

    def find(self, subject: Subject) -> Finding | None:
        if not subject.address:
            return None
        met = next((each for each in self.ranges if is_in(subject.address, each)), None)
        return None if met is None else Finding(str(met))


@dataclass(frozen=True)
class Rate:
    """Many comments of one person on the forum in a short time; guests are one person if their address is one."""

    asks: ClassVar[bool] = True
    comments: int
    minutes: int

    def find(self, subject: Subject) -> Finding | None:
        rows = Comment.objects.of(subject.forum_id).filter(
            state__in=Comment.State.values, created_at__gt=subject.at - timedelta(minutes=self.minutes)
        )
        if subject.author_id is not None:
            rows = rows.filter(author=subject.author_id)
        elif subject.guest or subject.origin:
            who = Q(guest=subject.guest) & ~Q(guest="") | Q(origin=subject.origin) & ~Q(origin="")
            rows = rows.filter(who, author=None)
        else:
            return None
        before = len(rows.exclude(pk=subject.comment_id)[: self.comments].values_list("pk"))
        return None if before < self.comments else Finding(str(before + 1))


def compile_first(said: Said) -> First:
    return First(number_in(said, "comments", least=1, most=100, default=1))


def compile_age(said: Said) -> Age:
    return Age(number_in(said, "hours", least=1, most=24 * 365), bool(said.get("guests", True)))


def compile_addresses(said: Said) -> Addresses:
    """Raises: BadRule: one of the ranges is none."""
    ranges = []
    for written in texts_in(said, "ranges", most=RANGES_MOST, longest=50):
        try:
            ranges.append(ip_network(written, strict=False))
        except ValueError:
            told = _("“%(range)s” is no range of addresses: write 192.0.2.0/24.")
            raise BadRule(told % {"range": written}, "ranges") from None
    return Addresses(tuple(ranges))


def compile_rate(said: Said) -> Rate:
    return Rate(
        number_in(said, "comments", least=1, most=1_000),
        number_in(said, "minutes", least=1, most=60),
    )
