"""What the use cases need from outside. tests/fakes and chalicelib/store pass one contract suite."""

from chalicelib.domain.routing import Chance

from .agents import AgentStore, TrustLedger
from .clocked import Aggregate, Clocked, DueRow, Page
from .queues import AgentQueues, DeadMessages, Hint, HintKind, WorkQueue
from .schedules import Limits, ScheduleStore, TickStore
from .stats import Change, ReadChange, StatsStore
from .surroundings import Clock, Metrics, NewId
from .tasks import AgentUnavailable, PayloadStore, Standing, TaskStore

__all__ = [
    "AgentQueues",
    "AgentStore",
    "AgentUnavailable",
    "Aggregate",
    "Chance",
    "Change",
    "Clock",
    "Clocked",
    "DeadMessages",
    "DueRow",
    "Hint",
    "HintKind",
    "Limits",
    "Metrics",
    "NewId",
    "Page",
    "PayloadStore",
    "ReadChange",
    "ScheduleStore",
    "Standing",
    "StatsStore",
    "TaskStore",
    "TickStore",
    "TrustLedger",
    "WorkQueue",
]
