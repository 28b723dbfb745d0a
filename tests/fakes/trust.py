"""What moved the trust of agents, in memory."""

import json
from dataclasses import dataclass, field, replace

from chalicelib.domain import trust_events
from chalicelib.domain.errors import NotFound
from chalicelib.domain.quarantine import Streak
from chalicelib.domain.task import Attempt, Outcome
from chalicelib.domain.trust_events import Adjustment, TrustEvent

from .tasks import FakePayloads, FakeTasks


@dataclass
class FakeTrust:
    tasks: FakeTasks
    payloads: FakePayloads
    made: dict[tuple[str, str], Adjustment] = field(default_factory=dict)
    is_blind: bool = False  # another caller is just ahead

    def adjust(self, made: Adjustment) -> Adjustment | None:
        key = (made.agent_id, made.adjustment_id)
        if key in self.made:
            return self.made[key]
        agents = self.tasks.agents.rows
        row = agents.get(made.agent_id)
        if row is None:
            raise NotFound(f"no agent {made.agent_id}")
        if made.evidence is not None:
            row = replace(row, evidence=made.evidence.added_to(row.evidence))
        agents[made.agent_id] = replace(row, streak=Streak()) if made.lifts_quarantine else row
        self.made[key] = made
        return None

    def adjustment(self, agent_id: str, adjustment_id: str) -> Adjustment | None:
        return None if self.is_blind else self.made.get((agent_id, adjustment_id))

    def latest(
        self, agent_id: str, *, since: int, until: int, limit: int
    ) -> tuple[list[TrustEvent], int | None]:
        told = [(row.last, row) for row in self.tasks.rows.values() if row.last is not None]
        for owner, kind in self.payloads.judged:
            attempt = Attempt(**json.loads(self.payloads.texts[owner, kind]))
            told.append((replace(attempt, outcome=Outcome(attempt.outcome)), self.tasks.rows[owner]))
        events = [
            trust_events.of_attempt(attempt, task) for attempt, task in told if attempt.agent_id == agent_id
        ]
        events += [trust_events.of_adjustment(m) for (a, _), m in self.made.items() if a == agent_id]
        known = {e.event_id: e for e in events if e is not None and since <= e.at <= until}
        newest = sorted(known.values(), key=lambda event: event.place, reverse=True)
        return newest[:limit], newest[limit - 1].at if len(newest) > limit else None
