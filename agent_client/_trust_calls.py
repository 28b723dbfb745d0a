"""The client's calls about trust in agents."""

from __future__ import annotations

from collections.abc import Iterator

from agent_client._calls import Call, Calls, present, segment
from agent_client._trust_models import AgentTrust, Leader, Leaderboard, TrustAdjustment, TrustEvent


def _root(agent_id: str) -> str:
    return f"/ains/agents/{segment(agent_id)}/trust"


class TrustCalls(Calls):
    """How far agents are trusted, and why."""

    def leaderboard(self, *, capability: str | None = None, limit: int | None = None) -> tuple[Leader, ...]:
        """The most trusted agents of a capability, or over all, by lower bound; at most 100."""
        call = Call("GET", "/ains/agents/leaderboard", query={"capability": capability, "limit": limit})
        return self._fetch(Leaderboard, call).leaders

    def agent_trust(self, agent_id: str) -> AgentTrust:
        """Over all and by capability, and whether it is in quarantine."""
        return self._fetch(AgentTrust, Call("GET", _root(agent_id)))

    def trust_history(self, agent_id: str, *, limit: int | None = None) -> Iterator[TrustEvent]:
        """What moved its trust in the last 30 days, newest first; `limit` is the size of a page."""
        call = Call("GET", f"{_root(agent_id)}/history", query={"limit": limit})
        return self._pages(TrustEvent, "events", call)

    def adjust_trust(
        self,
        agent_id: str,
        *,
        reason: str,
        capability: str | None = None,
        successes: float | None = None,
        faults: float | None = None,
        lift_quarantine: bool | None = None,
        idempotency_key: str | None = None,
    ) -> TrustAdjustment:
        """Adds results to its trust, ends its quarantine, or both; for admins."""
        body = present(
            {
                "reason": reason,
                "capability": capability,
                "successes": successes,
                "faults": faults,
                "lift_quarantine": lift_quarantine,
            }
        )
        headers = {"Idempotency-Key": idempotency_key or self._ports.new_id()}
        return self._fetch(
            TrustAdjustment, Call("POST", f"{_root(agent_id)}/adjust", body=body, headers=headers)
        )
