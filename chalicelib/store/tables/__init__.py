"""The tables' schemas, nothing else. Names get the stage's prefix at start (`bind`).

A task's or schedule's row keeps as attributes what indexes and conditions read; the rest is one JSON
document, since DynamoDB bills attribute names too.
"""

from pynamodb.models import Model

from .agents import AgentRecord, CapabilityRecord
from .schedules import ExecutionRecord, ScheduleRecord
from .tasks import PayloadRecord, TaskRecord
from .upkeep import DeadMessageRecord, LimitRecord, StatsRecord, TickRecord

__all__ = [
    "ALL",
    "BASE_NAMES",
    "AgentRecord",
    "CapabilityRecord",
    "DeadMessageRecord",
    "ExecutionRecord",
    "LimitRecord",
    "PayloadRecord",
    "ScheduleRecord",
    "StatsRecord",
    "TaskRecord",
    "TickRecord",
    "bind",
]

ALL: tuple[type[Model], ...] = (
    AgentRecord,
    CapabilityRecord,
    TaskRecord,
    PayloadRecord,
    ScheduleRecord,
    ExecutionRecord,
    TickRecord,
    DeadMessageRecord,
    LimitRecord,
    StatsRecord,
)
BASE_NAMES = {model: model.Meta.table_name for model in ALL}  # without the stage's prefix


def bind(stage: str) -> None:
    """Point every table at one stage: `ains-<stage>-<name>`."""
    for model, name in BASE_NAMES.items():
        model.Meta.table_name = f"ains-{stage}-{name}"
