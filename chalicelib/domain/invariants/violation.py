"""One thing that does not hold: which invariant, on which row, and what to do about it."""

from datetime import UTC, datetime, timedelta
from enum import StrEnum

from chalicelib.domain.agent import Agent
from chalicelib.domain.execution import Execution
from chalicelib.domain.schedule import Schedule
from chalicelib.domain.task import Task
from chalicelib.values import dataclass

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class RowKind(StrEnum):
    """Where to look for the row."""

    TASK = "task"
    AGENT = "agent"
    SCHEDULE = "schedule"
    EXECUTION = "execution"  # its id is "<schedule_id>#<slot>"
    METRIC = "metric"  # no row: a counter


@dataclass(frozen=True)
class Violation:
    """`number` is the invariant's, 1 to 12; `text` what is wrong, `advice` what an operator should do."""

    number: int
    kind: RowKind
    row_id: str
    text: str
    advice: str

    def __str__(self) -> str:
        line = f"{self.number}: {self.kind.value} {self.row_id} {self.text} (to do: {self.advice})"
        return " ".join(line.split())


def of_task(task: Task, number: int, text: str, advice: str) -> Violation:
    """Of a task's row."""
    return Violation(number, RowKind.TASK, task.task_id, text, advice)


def of_agent(agent: Agent, number: int, text: str, advice: str) -> Violation:
    """Of an agent's row."""
    return Violation(number, RowKind.AGENT, agent.agent_id, text, advice)


def of_schedule(schedule: Schedule, number: int, text: str, advice: str) -> Violation:
    """Of a schedule's row."""
    return Violation(number, RowKind.SCHEDULE, schedule.schedule_id, text, advice)


def of_execution(execution: Execution, number: int, text: str, advice: str) -> Violation:
    """Of an execution's row."""
    row_id = f"{execution.schedule_id}#{execution.slot}"
    return Violation(number, RowKind.EXECUTION, row_id, text, advice)


def moment(milliseconds: int | None) -> str:
    """A time as people read it; rows that make no sense hold times that are none."""
    if milliseconds is None:
        return "never"
    try:
        return f"{_EPOCH + timedelta(milliseconds=milliseconds):%Y-%m-%d %H:%M:%S.%f}"[:-3] + "Z"
    except OverflowError:
        return f"{milliseconds} ms"
