"""Everything that can be seen, against the model; what was seen narrows the model."""

from collections.abc import Set
from dataclasses import dataclass
from typing import Any

from . import states
from .book import Task, due_since
from .eyes import Eyes, row_of
from .model import Model
from .states import HELD, State, ms, read

NEVER_CHANGE = (
    "client_id", "task_type", "capability_required", "priority", "timeout_seconds", "max_retries",
    "retry_policy", "expires_at", "not_before", "created_at", "schedule_id", "slot",
)  # fmt: skip
OF_A_HOLDER = frozenset({
    "progress", "deadline_at", "assigned_agent_id", "lease_token", "assigned_at", "started_at",
})  # fmt: skip
ON_TIME_MS = 90_000  # a tick a minute, and the next step of the test


@dataclass(frozen=True)
class Comparing:
    """`at` is the time by the clock of the service that acted in this step, `now` by the one that is read."""

    model: Model
    eyes: Eyes

    def tasks(self, *, at: int, lagging: Set[str], clients: tuple[str, ...]) -> None:
        """Each acknowledged task is there in a state that what happened can have led to."""
        rows: dict[str, dict[str, Any]] = {}
        for client in clients:
            seen = self.eyes.tasks_of(client)
            mine = {t.task_id for t in self.model.tasks.values() if t.order.client_id == client}
            assert seen.keys() <= mine, f"{client} is shown what it never asked for: {seen.keys() - mine}"
            if client not in lagging:
                assert seen.keys() == mine, f"the list of {client} lacks {mine - seen.keys()}"
            rows |= seen
        for task in self.model.tasks.values():
            self._task(task, rows.get(task.task_id), at)

    def _task(self, task: Task, row: dict[str, Any] | None, at: int) -> None:
        possible = self.model.possible(task, at)
        is_touched = task.task_id in self.model.may or task.lingers is not None
        if row is not None and row == task.row and task.state in possible and not is_touched:
            return
        detail = self.eyes.task(task.task_id)
        assert row in (None, row_of(detail)), f"the list shows {row}, the task is {detail}"
        state, before = read(detail), task.state
        assert state in possible, f"{task.task_id} is\n  {state}, was\n  {before}, may be\n  {possible}"
        if task.row is not None:
            self._row(task, row_of(detail), is_same=state == before)
        asked = (task.order.client_id, task.order.capability, task.order.priority, task.order.input_data)
        shown = ("client_id", "capability_required", "priority", "input_data")
        assert tuple(detail[name] for name in shown) == asked
        deadline = state.ends_at(task.order) if state.status == "ACTIVE" else None
        assert state.status == "CANCELLED" or ms(detail["deadline_at"]) == deadline, f"{state}: {detail}"
        self._tokens(task, state)
        self._outcome(task, detail, state)
        last = detail["attempts"][-1] if detail["attempts"] else None
        if task.lingers is not None and last is not None and last["lease_token"] == task.lingers.token:
            task.lingers = None
        task.state, task.row = state, row_of(detail)

    def _row(self, task: Task, row: dict[str, Any], *, is_same: bool) -> None:
        assert task.row is not None
        changed = {name for name in row if row[name] != task.row[name]}
        assert not changed & set(NEVER_CHANGE), f"{task.task_id} was asked for otherwise: {changed}"
        if is_same:
            if task.state.status == "CANCELLED":
                changed -= OF_A_HOLDER  # until it lets go
            assert not changed, f"nothing happened to {task.task_id}, and yet {changed} changed"

    def _tokens(self, task: Task, state: State) -> None:
        """They only grow, and each was given to one agent."""
        given = {token: agent for token, agent, _ in state.ends}
        if state.status in HELD and state.agent is not None:
            given[state.token] = state.agent
        assert state.token >= task.state.token
        for token, agent in given.items():
            assert task.holders.setdefault(token, agent) == agent, f"two agents had {task.task_id} {token}"
            task.sessions.setdefault(token, self.model.agents[agent].session)

    def _outcome(self, task: Task, detail: dict[str, Any], state: State) -> None:
        """Recorded once."""
        if not state.is_over:
            assert detail["result_data"] is None
            return
        outcome = {name: detail[name] for name in ("status", "result_data", "error_message", "failure_kind")}
        if task.outcome is None:
            task.outcome = outcome
        assert outcome == task.outcome, f"{task.task_id} ended as {task.outcome}, and now as {outcome}"
        is_good = state.status == "COMPLETED"
        expected = task.last_report.result if is_good and task.last_report is not None else None
        assert detail["result_data"] == expected, (
            f"{task.task_id} has another result: {detail['result_data']}"
        )

    def agents(self, *, now: int) -> None:
        """Those that have not left, as they said they are and were last heard of."""
        seen = self.eyes.agents()
        assert seen.keys() == {a.agent_id for a in self.model.agents.values() if not a.left}
        for name, row in seen.items():
            agent = self.model.agents[name]
            assert self.model.allows(agent, row["status"], now), row
            expected = (agent.heard, agent.lease_until, agent.slots, agent.delivery)
            shown = (ms(row["last_heartbeat"]), ms(row["lease_expires_at"]))
            assert (*shown, row["max_concurrency"], row["delivery"]) == expected, row
            held = self.model.load(name)
            assert row["in_flight"] == held, f"{name} is said to hold {row['in_flight']}, it holds {held}"

    def slots(self, before: dict[str, int]) -> None:
        """Nobody was given more than it has room for: `before` is how many each held."""
        for agent in self.model.agents.values():
            held = self.model.load(agent.agent_id)
            most = max(agent.slots, before.get(agent.agent_id, 0))
            assert held <= most, f"{agent.agent_id} holds {held} of {agent.slots}"

    def punctual(self, *, now: int) -> None:
        """While nothing goes wrong, whatever time must change is changed soon."""
        for task in self.model.tasks.values():
            due = due_since(task, self.model.agents, now)
            late = due is not None and now >= max(due, self.model.calm_since) + ON_TIME_MS
            assert not late, f"{task.task_id} has been overdue since {due}: {task.lingers or task.state}"
        for schedule in self.model.schedules.values():
            slot = schedule.standing.next_slot
            late = slot is not None and now >= max(slot, self.model.calm_since) + ON_TIME_MS
            assert not late, f"{schedule.schedule_id} has not fired {slot}"


def fresh_task(task_id: str, order: states.Order) -> Task:
    """Just asked for."""
    return Task(task_id, order, State(ready_at=order.ready_at))
