"""The client's calls about agents."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, TypedDict, Unpack

from agent_client._calls import Call, Calls, Fields, present, segment
from agent_client.models import AgentAction, AgentRecord, Health, HeartbeatReceipt, Registration, SyncAnswer


class AgentOptions(TypedDict, total=False):
    """What registration may say beside the name and the capabilities."""

    endpoint: str
    public_key: str
    signature: str
    tags: Sequence[str]
    max_concurrency: int
    delivery: str
    session_id: str
    heartbeat_interval_seconds: float
    owner: str
    metadata: Fields


class AgentCalls(Calls):
    """Registration, liveness, the registry."""

    def register_agent(
        self,
        display_name: str,
        *,
        capabilities: Sequence[str | Fields],
        agent_id: str | None = None,
        idempotency_key: str | None = None,
        **options: Unpack[AgentOptions],
    ) -> Registration:
        """A new agent, or an update of the one with this id. Another `session_id` takes its work over."""
        body: dict[str, Any] = {"display_name": display_name, "capabilities": list(capabilities), **options}
        if agent_id is not None:
            body["agent_id"] = agent_id
        key = idempotency_key or self._ports.new_id()
        return self._fetch(
            Registration, Call("POST", "/ains/agents", body=body, headers={"Idempotency-Key": key})
        )

    def heartbeat(
        self,
        agent_id: str,
        *,
        status: str | None = None,
        uptime_ms: int | None = None,
        metrics: Fields | None = None,
    ) -> HeartbeatReceipt:
        """Keeps the agent alive. `status` is ACTIVE, DEGRADED or OFFLINE."""
        body = present({"status": status, "uptime_ms": uptime_ms, "metrics": metrics})
        return self._fetch(
            HeartbeatReceipt,
            Call("POST", f"/ains/agents/{segment(agent_id)}/heartbeat", body=body, repeatable=True),
        )

    def sync(
        self,
        agent_id: str,
        *,
        session_id: str,
        ack: int,
        free_slots: int,
        held: Sequence[Fields] = (),
        reports: Sequence[Fields] = (),
        released: Sequence[Fields] = (),
        status: str = "ACTIVE",
        metrics: Fields | None = None,
    ) -> SyncAnswer:
        """Heartbeat, poll and reports in one. `ack` is the `seq` of the last answer received, 0 at first.

        Raises Superseded when another session took over, NotFound when the agent is unknown.
        """
        body = {
            "session_id": session_id,
            "ack": ack,
            "held": list(held),
            "reports": list(reports),
            "released": list(released),
            "free_slots": free_slots,
            "status": status,
        }
        if metrics is not None:
            body["metrics"] = metrics
        path = f"/ains/agents/{segment(agent_id)}/sync"
        return self._fetch(SyncAnswer, Call("POST", path, body=body, repeatable=True))

    def list_agents(
        self,
        *,
        capability: str | None = None,
        status: str | None = None,
        tag: str | None = None,
        min_trust: float | None = None,
        limit: int | None = None,
    ) -> Iterator[AgentRecord]:
        """All agents that match, page after page; `limit` is the size of a page."""
        query = {
            "capability": capability,
            "status": status,
            "tag": tag,
            "min_trust": min_trust,
            "limit": limit,
        }
        return self._pages(AgentRecord, "agents", Call("GET", "/ains/agents", query=query))

    def get_agent(self, agent_id: str) -> AgentRecord:
        return self._fetch(AgentRecord, Call("GET", f"/ains/agents/{segment(agent_id)}"))

    def delete_agent(self, agent_id: str) -> AgentRecord:
        """It leaves; its open tasks go back."""
        return self._fetch(AgentRecord, Call("DELETE", f"/ains/agents/{segment(agent_id)}"))

    def drain_agent(self, agent_id: str, *, reason: str | None = None) -> AgentAction:
        """It gets no new work and finishes what it holds, whatever it says, until undrained or restarted."""
        path = f"/ains/agents/{segment(agent_id)}/drain"
        return self._fetch(AgentAction, Call("POST", path, body=present({"reason": reason}), repeatable=True))

    def undrain_agent(self, agent_id: str) -> AgentAction:
        """It may take work again."""
        return self._fetch(AgentAction, Call("DELETE", f"/ains/agents/{segment(agent_id)}/drain"))

    def capabilities(self, agent_id: str) -> tuple[Fields, ...]:
        """What the agent can do, with schemas where it gave them."""
        answer = self._json(Call("GET", f"/ains/agents/{segment(agent_id)}/capabilities"))
        listed = answer.get("capabilities") or ()
        return tuple(c if isinstance(c, dict) else {"name": c} for c in listed)

    def health(self, *, deep: bool = False) -> Health:
        """Liveness; `deep` asks for tables, queues and the tick too."""
        return self._fetch(Health, Call("GET", "/ains/health" if deep else "/health"))
