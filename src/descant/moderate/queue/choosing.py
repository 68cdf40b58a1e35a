"""Which comments of the queue are meant: a tab, a forum, a reason, words, an order; as the address of the page says."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.db.models import Exists, OuterRef, Q

from descant.discussion.models import Comment
from descant.discussion.reading.by_time import Moment
from descant.discussion.reading.searching import with_words
from descant.forums.models import Forum
from descant.moderate.queue.having import HasReason

State = Comment.State
STATES = {
    "waiting": (State.WAITING,),
    "flagged": (State.SHOWN,),
    "spam": (State.SPAM,),
    "hidden": (State.HIDDEN,),
    "deleted": (State.DELETED,),
    "all": tuple(State),
}
TABS = tuple(STATES)
LOOKED_MOST = 20_000  # comments for one page, where it is looked for a reason
ORDERS = ("newest", "oldest")
_REASON = re.compile(r"[a-z_]{1,40}|rule-[0-9]{1,18}")


@dataclass(frozen=True)
class Chosen:
    """What is looked at; every field has its place in the address, and an empty one asks for nothing."""

    tab: str = "waiting"
    forum: str = ""
    reason: str = ""
    words: str = ""
    order: str = "newest"
    flood: int | None = None  # one flood's comments, each in a row of its own

    @classmethod
    def of(cls, asked: Mapping[str, str]) -> "Chosen":
        tab, order, reason = asked.get("tab", ""), asked.get("order", ""), asked.get("reason", "")
        flood = asked.get("flood", "")
        return cls(
            tab if tab in TABS else TABS[0],
            asked.get("forum", "")[:50],
            reason if _REASON.fullmatch(reason) else "",
            asked.get("q", "").replace("\0", "").strip()[:100],
            order if order in ORDERS else ORDERS[0],
            int(flood) if re.fullmatch(r"[0-9]{1,18}", flood) else None,
        )

    @property
    def newest(self) -> bool:
        return self.order == "newest"

    def query(self, **more: object) -> str:
        """The query string of a page that shows this, or something a little different: ``query(tab="spam")``."""
        fields = {
            "tab": self.tab if self.tab != TABS[0] else "",
            "forum": self.forum,
            "reason": self.reason,
            "q": self.words,
            "order": self.order if self.order != ORDERS[0] else "",
            "flood": self.flood or "",
            **more,
        }
        written = urlencode({name: value for name, value in fields.items() if value})
        return f"?{written}" if written else "?"

    @property
    def is_looked_for(self) -> bool:
        """Whether comments must be looked through: a reason has no index, and may be that of three in a million."""
        return bool(self.reason) and not self.words

    def rows(
        self, forum: Forum, alias: str, after: Moment | None = None, looked: int = LOOKED_MOST
    ) -> Sequence[Any]:
        """The comments of one forum, a queryset for each state, so that each walks an index in the order of time.

        Of a flood only the first in that order stands here, unless the flood itself was chosen. What is found by its
        words is few, whatever its state: it is looked up once, and floods stay as they are.

        Args:
            looked: through how many of each state it is looked for a reason; of those the windows end with the last.
        """
        if self.words:
            found = self.matching_any(forum, alias).filter(state__in=STATES[self.tab])
            return [found.filter(after.beyond(newest=self.newest)) if after else found]
        every = []
        for state, window in zip(STATES[self.tab], self.windows(forum, alias, after), strict=True):
            rows = self.matching(forum, alias, state) if self.reason else window
            if self.reason:
                rows = rows.filter(pk__in=self.in_order(window)[:looked].values("pk"))
            if self.flood is None:
                rows = rows.exclude(Exists(self._before_it(forum, alias, state)))
            every.append(rows)
        return every

    def windows(self, forum: Forum, alias: str, after: Moment | None = None) -> Sequence[Any]:
        """What rows() chooses from, whatever its reason: a queryset for each state."""
        every = replace(self, reason="")
        found = [every.matching(forum, alias, state) for state in STATES[self.tab]]
        return [rows.filter(after.beyond(newest=self.newest)) for rows in found] if after else found

    def in_order(self, rows: Any) -> Any:
        """Rows as they are looked through."""
        sign = "-" if self.newest else ""
        return rows.order_by(f"{sign}created_at", f"{sign}id")

    def matching(self, forum: Forum, alias: str, state: str) -> Any:
        """The comments of one forum in one state, floods unfolded."""
        rows = self.matching_any(forum, alias)
        return shown_among(rows) if self.tab == "flagged" else rows.filter(state=state)

    def matching_any(self, forum: Forum, alias: str) -> Any:
        """The comments of one forum, whatever state the tab asks for."""
        rows = Comment.objects.using(alias).filter(forum=forum)
        if self.tab == "flagged":
            rows = rows.filter(needs_look=True)
        if self.flood is not None:
            rows = rows.filter(flood=self.flood)
        if self.reason:
            rows = rows.filter(HasReason("reasons", reason=self.reason))
        if self.words:
            rows = rows.filter(pk__in=with_words(forum, self.words, alias))
        return rows

    def _before_it(self, forum: Forum, alias: str, state: str) -> Any:
        """Those of the same flood that come before a comment: if there are any, they stand for it."""
        side = "gt" if self.newest else "lt"
        earlier = Q(**{f"created_at__{side}": OuterRef("created_at")})
        beside = Q(created_at=OuterRef("created_at"), **{f"id__{side}": OuterRef("id")})
        return self.matching(forum, alias, state).filter(earlier | beside, flood=OuterRef("flood"))


def shown_among(flagged: Any) -> Any:
    """The shown ones of those that need a look: said so that a database takes the index of these few.

    ``state = 'shown'`` would have SQLite walk all that are shown, a million, to find three that were flagged.
    """
    return flagged.exclude(state__in=[state for state in State if state != State.SHOWN])
