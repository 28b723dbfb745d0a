"""Cancelling a task: at once for the caller; its holder hears when it next speaks."""

from chalicelib.domain import lifecycle
from chalicelib.domain.task import Status, Task
from chalicelib.values import dataclass

from .changing import Changing
from .ports import AgentQueues, AgentStore, Clock


@dataclass(frozen=True, eq=False, repr=False)
class Cancelling:
    """After the answer no outcome of it is recorded any more."""

    changing: Changing
    agents: AgentStore
    agent_queues: AgentQueues
    clock: Clock

    def cancel(self, task_id: str, *, tenant: str, reason: str | None) -> Task:
        """The cancelled task; cancelling it again is fine. Raises NotFound, IllegalMove when it is over."""

        def decide(task: Task) -> Task:
            if task.status is Status.CANCELLED:
                return task
            return lifecycle.cancelled(task, now=self.clock(), reason=reason)

        task = self.changing.change(task_id, decide, tenant=tenant)
        if task.lease is not None and task.lease.by_queue:
            self._tell(task)
        return task

    def _tell(self, task: Task) -> None:
        lease = lifecycle.held_lease(task)
        holder = self.agents.get(lease.agent_id)
        if holder is not None and holder.profile.queue_url is not None:
            message = {"v": 1, "kind": "cancelled", "task_id": task.task_id, "lease_token": lease.token}
            self.agent_queues.send(holder.profile.queue_url, message)
