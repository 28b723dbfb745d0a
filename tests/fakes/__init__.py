"""In-memory stand-ins for every port; the contract suite keeps them honest against DynamoDB and SQS."""

from .agents import FakeAgents
from .queues import FakeAgentQueues, FakeDeadMessages, FakeQueue
from .schedules import FakeSchedules
from .surroundings import START_MS, FakeClock, FakeMetrics, Ids, SilentLog
from .tasks import FakePayloads, FakeTasks
from .trust import FakeTrust
from .upkeep import FakeLimits, FakeStats, FakeTicks
from .world import World, bundled, world

__all__ = [
    "START_MS",
    "FakeAgentQueues",
    "FakeAgents",
    "FakeClock",
    "FakeDeadMessages",
    "FakeLimits",
    "FakeMetrics",
    "FakePayloads",
    "FakeQueue",
    "FakeSchedules",
    "FakeStats",
    "FakeTasks",
    "FakeTicks",
    "FakeTrust",
    "Ids",
    "SilentLog",
    "World",
    "bundled",
    "world",
]
