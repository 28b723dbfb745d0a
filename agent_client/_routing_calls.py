"""The client's calls about routing."""

from __future__ import annotations

from typing import Unpack

from agent_client._calls import Call, Calls, present, segment
from agent_client._routing_models import RoutingOutlook, Strategies
from agent_client._task_calls import TaskOptions


class RoutingCalls(Calls):
    """Why tasks wait, and where they would go."""

    def explain_task(self, task_id: str) -> RoutingOutlook:
        """Why it waits, or where it is; the router is asked, and nothing is assigned."""
        return self._fetch(RoutingOutlook, Call("GET", f"/aitp/tasks/{segment(task_id)}/explain"))

    def try_routing(
        self, capability_required: str, *, draws: int | None = None, **options: Unpack[TaskOptions]
    ) -> RoutingOutlook:
        """Where such a task would go now, and in `shares` how often to whom; nothing is stored."""
        body = present({"capability_required": capability_required, "draws": draws, **options})
        return self._fetch(RoutingOutlook, Call("POST", "/ains/routing/test", body=body, repeatable=True))

    def routing_strategies(self) -> dict[str, str]:
        """By name what each strategy prefers."""
        found = self._fetch(Strategies, Call("GET", "/ains/routing/strategies"))
        return {strategy.name: strategy.description for strategy in found.strategies}
