"""Trust as people look at it: its history, and an admin's adjustments."""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace

from chalicelib.domain import ids, trust, trust_events
from chalicelib.domain.agent import Agent
from chalicelib.domain.content import fingerprint
from chalicelib.domain.errors import Invalid, KeyReused, NotFound, unknown_cursor
from chalicelib.domain.quarantine import Streak
from chalicelib.domain.task import RETENTION_S
from chalicelib.domain.trust_events import Adjustment, Told, TrustEvent
from chalicelib.values import dataclass

from .listing import Listing
from .ports import AgentStore, Clock, NewId, Page, TrustLedger

LEADERS = 100  # keys a read
MOST_PAGES = 10
ROUNDS = 10  # reads for one page: rows that moved on are passed over
_DIGITS = 9  # of a sum, in a cursor


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What an admin adds: so many results of one capability, the end of a quarantine, or both."""

    reason: str
    capability: str | None = None
    successes: float = 0.0
    faults: float = 0.0
    lifts_quarantine: bool = False


@dataclass(frozen=True)
class _Place:
    """Where a list goes on: the sums before its last event, and the events of that millisecond."""

    until: int
    seen: Sequence[str]
    sums: Mapping[str, float]


@dataclass(frozen=True, eq=False, repr=False)
class Trusting:
    """Evidence is added, never overwritten; events are read where they were written, with their tasks."""

    agents: AgentStore
    ledger: TrustLedger
    listing: Listing
    clock: Clock
    new_id: NewId

    def adjust(
        self, agent_id: str, wanted: Wanted, *, tenant: str, key: str | None = None
    ) -> tuple[Adjustment, bool]:
        """What was done, and whether this idempotency key had done it before.

        Raises NotFound (also for another tenant's), Invalid, KeyReused.
        """
        made_id = (
            self.new_id("adjustment")
            if key is None
            else ids.from_key("adjustment", tenant=tenant, key=f"{agent_id} {key}")
        )
        request = None if key is None else fingerprint(wanted.__dict__)
        known = None if key is None else self.ledger.adjustment(agent_id, made_id)
        if known is None:
            agent = self._known(agent_id, tenant)
            made = _decided(agent, wanted, made_id, request, now=self.clock())
            known = self.ledger.adjust(made)
            if known is None:
                self._relist(agent, made)
                return made, False
        if known.request != request:
            raise KeyReused(
                f"this Idempotency-Key made adjustment {made_id} from another body; use a new key"
            )
        return known, True

    def _known(self, agent_id: str, tenant: str) -> Agent:
        agent = self.agents.get(agent_id)
        if agent is None or agent.tenant != tenant or agent.left:
            raise NotFound(f"no agent {agent_id}")
        return agent

    def _relist(self, agent: Agent, made: Adjustment) -> None:
        """Its rank is another, and its quarantine may be over."""
        sums = agent.evidence if made.evidence is None else made.evidence.added_to(agent.evidence)
        streak = Streak() if made.lifts_quarantine else agent.streak
        changed = replace(agent, evidence=sums, streak=streak)
        self.listing.relist(changed)
        self.listing.offer_work(changed)

    def leaders(self, capability: str | None, *, tenant: str, limit: int) -> list[Agent]:
        """Agents that have results, the highest lower bound first, as it is now.

        Ranks are stored in steps and lag a heartbeat: read until nobody further down can be among these.
        """
        now = self.clock()
        found: list[tuple[float, float, Agent]] = []
        cursor: str | None = None
        for _ in range(MOST_PAGES):
            page = self.agents.leaders(tenant, capability, limit=LEADERS, cursor=cursor)
            for agent in self.agents.get_many([agent_id for agent_id, _ in page.items]):
                believed = agent.trust(capability, now=now)
                if agent.tenant == tenant and not agent.left:
                    found.append((believed.lower_bound, believed.effective_results, agent))
            found = sorted(found, key=lambda one: (-one[0], -one[1], one[2].agent_id))[:limit]
            cursor = page.cursor
            if cursor is None:
                break
            if len(found) == limit and found[-1][0] >= trust.highest(page.items[-1][1]):
                break
        return [agent for _, _, agent in found]

    def history(self, agent_id: str, *, tenant: str, limit: int, cursor: str | None) -> Page[Told]:
        """What moved its trust in the last 30 days, newest first (indexes: they may lag). Raises NotFound."""
        agent = self._known(agent_id, tenant)
        now = self.clock()
        start = _Place(2**53, (), agent.evidence) if cursor is None else _decoded(cursor)
        events = self._events(agent_id, start, limit + 1, since=now - RETENTION_S * 1000)
        shown, sums = trust_events.told(events[:limit], start.sums)
        if len(events) <= limit:
            return Page(tuple(shown))
        last = events[limit - 1].at
        seen = [event.event_id for event in events[:limit] if event.at == last]
        seen += start.seen if start.until == last else ()
        return Page(tuple(shown), _encoded(_Place(last, seen, sums)))

    def _events(self, agent_id: str, start: _Place, most: int, *, since: int) -> list[TrustEvent]:
        found: dict[str, TrustEvent] = {}
        until: int | None = start.until
        for _ in range(ROUNDS):
            size = most + len(start.seen) + len(found)
            events, until = self.ledger.latest(agent_id, since=since, until=until or 0, limit=size)
            found |= {e.event_id: e for e in events if e.event_id not in start.seen}
            if until is None or len(found) >= most:
                break
        return sorted(found.values(), key=lambda event: event.place, reverse=True)[:most]


def _decided(agent: Agent, wanted: Wanted, made_id: str, request: str | None, *, now: int) -> Adjustment:
    capability = wanted.capability
    if capability is not None and capability not in agent.profile.capabilities:
        can = ", ".join(agent.profile.capabilities)
        raise Invalid.at("/capability", f"agent {agent.agent_id} lacks {capability}; it has {can}")
    before = after = agent.trust(capability, now=now)
    if capability is not None:
        added = trust_events.admins_evidence(capability, wanted.successes, wanted.faults, at=now)
        after = trust.posterior(added.added_to(agent.evidence), capability, now=now)
    return Adjustment(
        agent_id=agent.agent_id,
        adjustment_id=made_id,
        at=now,
        before=before,
        after=after,
        request=request,
        **wanted.__dict__,
    )


def _encoded(place: _Place) -> str:
    sums = {name: float(f"{amount:.{_DIGITS}g}") for name, amount in place.sums.items() if amount}
    told = json.dumps([place.until, list(place.seen), sums], separators=(",", ":"))
    return base64.urlsafe_b64encode(told.encode()).decode().rstrip("=")


def _decoded(cursor: str) -> _Place:
    try:
        until, seen, sums = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        place = _Place(int(until), tuple(map(str, seen)), {str(k): float(v) for k, v in sums.items()})
    except (ValueError, TypeError, AttributeError, OverflowError, RecursionError):
        raise unknown_cursor() from None
    if not 0 <= place.until <= 2**53 or not all(0 <= v < 1e125 for v in place.sums.values()):
        raise unknown_cursor()
    return place
