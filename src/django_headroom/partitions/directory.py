"""The directory: which partition holds a tenant's rows, answered in the process, from a copy that can be told off."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, Generic, Protocol, TypeVar

from django.core.exceptions import ImproperlyConfigured, ObjectDoesNotExist
from django.db import InterfaceError, OperationalError
from django.utils.module_loading import import_string

from django_headroom.caching.slots import EVERYTHING, slots
from django_headroom.conf import headroom
from django_headroom.partitions.lasting import KnownFromFile, LastKnown

_FOR_EVER = 1 << 64  # beyond every number: for directories without slots


class UnknownTenant(ObjectDoesNotExist):
    """The directory has no tenant of this id, so nobody can say where its rows would be."""


class Tenant(Protocol):
    """Whose rows live together: anything with a primary key and the alias of its partition.

    An attribute ``epoch``, if there is one, is raised by one whenever the tenant is moved.
    """

    pk: Any
    partition: str


def partition_of(tenant: Tenant | int) -> str:
    """The alias of the partition that holds a tenant's rows; given an id, the directory is asked.

    Raises:
        UnknownTenant: the directory has no such tenant.
    """
    if isinstance(tenant, int):
        return _named(headroom().directory)(tenant)
    return tenant.partition


def partition_to_write(tenant: Tenant) -> str:
    """The alias of the partition that a tenant's rows are written to.

    Raises:
        KnownFromFile: who says so is a file, and she may have moved since.
    """
    if getattr(tenant, "is_from_file", False):
        raise KnownFromFile(
            f"The directory is out of reach, and where the rows of {tenant} live is known from a file: they can be "
            f"read, and are not written to before it is back."
        )
    return tenant.partition


Kind = TypeVar("Kind")  # a Tenant; a bound would ask mypy to see through the fields of a model


@dataclass(slots=True)
class _Kept(Generic[Kind]):
    tenant: Kind
    until: float
    seen: int  # the last number of the slots, from before it was read
    slot: int


class Directory(Generic[Kind]):
    """Tenants by id, each kept for some seconds; called with an id it gives the alias, in less than a microsecond.

    Name an instance in ``HEADROOM["DIRECTORY"]``. A database that cannot be reached does no harm to tenants that were
    seen before: the last copy goes on being used. There are three ways to learn of a change sooner than after
    ``seconds``: push it with ``told``; give ``slot``, and raise it; or give ``version``, which is then asked every
    ``seconds`` *instead* of every tenant again.

    Args:
        load: id -> tenant, or None if there is none.
        seconds: how old a copy may be.
        version: a number that rises with every change of the directory, such as a row's in the root database.
        last_known: a file in which tenants are kept as well, for a process that starts while the database is out of
            reach. Whoever comes from there is read, and not written to: ``is_from_file`` is True of it.
        slot: id -> the tenant's slot (``caching.slots``); a copy from before it was raised is read again at once.

    >>> shops = Directory(lambda shop_id: Shop.objects.filter(pk=shop_id).first())
    >>> shops(7)
    'p1'

    After the lesson of clocks and versions (spec of feature switches): a copy is told off by a number, not by a time.
    """

    most = 20_000
    """More tenants than this are not kept at once."""

    def __init__(
        self,
        load: Callable[[int], Kind | None],
        *,
        seconds: float = 5.0,
        version: Callable[[], int] | None = None,
        slot: Callable[[int], int] | None = None,
        last_known: LastKnown | None = None,
    ) -> None:
        self._load, self.seconds = load, seconds
        self._ask_version, self._slot, self._last_known = version, slot, last_known
        self._kept: dict[int, _Kept[Kind]] = {}
        self._epochs: dict[int, int] = {}
        self._version: int | None = None
        self._version_until = 0.0

    def __call__(self, tenant_id: int) -> str:
        """The alias of the tenant's partition."""
        found: Any = self.tenant(tenant_id)
        alias: str = found.partition
        return alias

    def tenant(self, tenant_id: int) -> Kind:
        """The tenant of this id.

        Raises:
            UnknownTenant: there is none.
        """
        now = time.monotonic()
        if self._ask_version is not None and self._version_until < now:
            self._compare_version()
        kept = self._kept.get(tenant_id)
        if kept is None or kept.until < now or not slots().is_fresh(kept.seen, kept.slot):
            return self._renew(tenant_id, kept)
        return kept.tenant

    def keep(self, tenant: Kind, seen: int = 0) -> Kind:
        """Keep a tenant that was fetched in some other way, by its name perhaps; returns it.

        Args:
            seen: the last number of the slots, from before it was fetched.
        """
        tenant_id = _id(tenant)
        if _epoch(tenant) >= self._epochs.get(tenant_id, 0):  # else it was read before the move
            if len(self._kept) >= self.most:
                self._kept.clear()
            until = float("inf") if self._ask_version else time.monotonic() + self.seconds
            self._remember(tenant_id, tenant, until, seen)
            if self._last_known is not None:
                self._last_known.note(tenant_id, tenant)
        return tenant

    def told(self, tenant_id: int, epoch: int) -> None:
        """Somebody moved a tenant and raised its epoch: an older copy is dropped, and none is kept any more."""
        self._epochs[tenant_id] = max(epoch, self._epochs.get(tenant_id, 0))
        kept = self._kept.get(tenant_id)
        if kept is not None and _epoch(kept.tenant) < epoch:
            self._kept.pop(tenant_id, None)

    def forget(self) -> None:
        """Drop all copies of this process, after a change made here."""
        self._kept.clear()
        self._version_until = 0.0

    def _renew(self, tenant_id: int, kept: _Kept[Kind] | None) -> Kind:
        seen = slots().last()
        try:
            tenant = self._load(tenant_id)
        except (OperationalError, InterfaceError):
            tenant = kept.tenant if kept is not None else self._from_file(tenant_id)
            if tenant is None:
                raise
            self._remember(tenant_id, tenant, time.monotonic() + self.seconds, seen)
            return tenant
        if tenant is None:
            self._kept.pop(tenant_id, None)
            raise UnknownTenant(
                f"The directory has no tenant {tenant_id}: check the id, or save the tenant before its rows."
            )
        return self.keep(tenant, seen)

    def _remember(self, tenant_id: int, tenant: Kind, until: float, seen: int) -> None:
        slot = self._slot(tenant_id) if self._slot else EVERYTHING
        self._kept[tenant_id] = _Kept(tenant, until, seen if self._slot else _FOR_EVER, slot)

    def _from_file(self, tenant_id: int) -> Kind | None:
        tenant: Any = self._last_known.find(tenant_id) if self._last_known is not None else None
        if tenant is None or _epoch(tenant) < self._epochs.get(tenant_id, 0):
            return None
        tenant.is_from_file = True
        found: Kind = tenant
        return found

    def _compare_version(self) -> None:
        """Ask for the number, once per ``seconds``; if it has risen, all copies are read again when they are needed."""
        self._version_until = (
            time.monotonic() + self.seconds
        )  # first, so that other threads do not ask as well
        try:
            version = self._ask_version() if self._ask_version else None
        except (OperationalError, InterfaceError):
            return
        if version != self._version:
            for kept in list(self._kept.values()):
                kept.until = 0.0
            self._version = version


def _id(tenant: Any) -> int:
    return int(tenant.pk)


def _epoch(tenant: Any) -> int:
    return int(getattr(tenant, "epoch", 0))


@cache
def _named(path: str) -> Callable[[int], str]:
    if not path:
        raise ImproperlyConfigured("HEADROOM['DIRECTORY'] is not set: name a function (tenant_id) -> alias.")
    found: Callable[[int], str] = import_string(path)
    return found
