"""The tables' schemas, nothing else. Names get the stage's prefix at start (`bind`).

A task's or schedule's row keeps as attributes what indexes and conditions read; the rest is one JSON
document, since DynamoDB bills attribute names too.
"""

from pynamodb.attributes import (
    BooleanAttribute,
    JSONAttribute,
    MapAttribute,
    NumberAttribute,
    UnicodeAttribute,
)
from pynamodb.indexes import GlobalSecondaryIndex, KeysOnlyProjection
from pynamodb.models import Model


def _keys(name: str) -> type:
    """The Meta of a KEYS_ONLY index: readers go to the row for the truth."""
    return type("Meta", (), {"index_name": name, "projection": KeysOnlyProjection()})


class AgentClock(GlobalSecondaryIndex["AgentRecord"]):
    """Agents that the clock looks at, by shard and time."""

    Meta = _keys("clock")
    clock_shard = NumberAttribute(hash_key=True)
    due_at = NumberAttribute(range_key=True)


class AgentRecord(Model):
    """One agent. Its capabilities' descriptions live in their own rows."""

    class Meta:
        table_name = "agents"

    agent_id = UnicodeAttribute(hash_key=True)
    tenant = UnicodeAttribute()
    profile = JSONAttribute()
    registered_at = NumberAttribute()
    max_concurrency = NumberAttribute()
    lease_ms = NumberAttribute()
    wish = UnicodeAttribute()
    hold_until = NumberAttribute(null=True)
    drained_at = NumberAttribute(null=True)
    drain_reason = UnicodeAttribute(null=True)
    lease_until = NumberAttribute()
    last_heartbeat = NumberAttribute()
    in_flight = NumberAttribute()
    last_assigned_at = NumberAttribute(null=True)
    session_id = UnicodeAttribute(null=True)
    seq = NumberAttribute()
    acked = NumberAttribute()
    superseded_at = NumberAttribute(null=True)
    departed = BooleanAttribute(null=True)
    unlisted = BooleanAttribute(null=True)
    evidence: MapAttribute[str, float] = MapAttribute()
    faults = NumberAttribute(null=True)
    failed_probes = NumberAttribute(null=True)
    fault_at = NumberAttribute(null=True)
    ranks = JSONAttribute(null=True)
    request = UnicodeAttribute(null=True)
    cid = UnicodeAttribute(null=True)
    clock_shard = NumberAttribute(null=True)
    due_at = NumberAttribute(null=True)
    ttl = NumberAttribute(null=True)
    clock = AgentClock()


class Candidates(GlobalSecondaryIndex["CapabilityRecord"]):
    """Agents that may take work, in an order drawn by lot; sparse."""

    Meta = _keys("candidates")
    capability = UnicodeAttribute(hash_key=True)
    lottery = NumberAttribute(range_key=True)


class Trusted(GlobalSecondaryIndex["CapabilityRecord"]):
    """Agents that have results, by the lower bound of their trust in steps; sparse."""

    Meta = _keys("trust")
    capability = UnicodeAttribute(hash_key=True)
    rank = NumberAttribute(range_key=True)


class CapabilityRecord(Model):
    """One capability ("<tenant>#<name>") of one agent; "<tenant>#" for its rank over all."""

    class Meta:
        table_name = "capabilities"

    capability = UnicodeAttribute(hash_key=True)
    agent_id = UnicodeAttribute(range_key=True)
    description = JSONAttribute(null=True)
    lottery = NumberAttribute(null=True)
    rank = NumberAttribute(null=True)
    candidates = Candidates()
    trust = Trusted()


class TaskQueue(GlobalSecondaryIndex["TaskRecord"]):
    """The waiting lines and the inboxes; sparse."""

    Meta = _keys("queue")
    queue_key = UnicodeAttribute(hash_key=True)
    queue_order = NumberAttribute(range_key=True)


class TaskClock(GlobalSecondaryIndex["TaskRecord"]):
    """Tasks that the clock looks at, by shard and time; sparse."""

    Meta = _keys("clock")
    clock_shard = NumberAttribute(hash_key=True)
    due_at = NumberAttribute(range_key=True)


class TaskClient(GlobalSecondaryIndex["TaskRecord"]):
    """A client's tasks ("<tenant>#<client_id>") by time."""

    Meta = _keys("client")
    client_key = UnicodeAttribute(hash_key=True)
    created_at = NumberAttribute(range_key=True)


class TaskDead(GlobalSecondaryIndex["TaskRecord"]):
    """What failed for good and was not retried ("<tenant>#<day of its end>") by its end; sparse."""

    Meta = _keys("dead")
    dead_key = UnicodeAttribute(hash_key=True)
    ended_at = NumberAttribute(range_key=True)


class TaskJudged(GlobalSecondaryIndex["TaskRecord"]):
    """Tasks by the agent whose trust their last attempt moved, and when it ended; sparse."""

    Meta = _keys("judged")
    judged_agent = UnicodeAttribute(hash_key=True)
    judged_at = NumberAttribute(range_key=True)


class TaskRecord(Model):
    """One task, under 1 KB."""

    class Meta:
        table_name = "tasks"

    task_id = UnicodeAttribute(hash_key=True)
    client_key = UnicodeAttribute()
    created_at = NumberAttribute()
    status = UnicodeAttribute()
    version = NumberAttribute()
    cid = UnicodeAttribute()
    queue_key = UnicodeAttribute(null=True)
    queue_order = NumberAttribute(null=True)
    clock_shard = NumberAttribute(null=True)
    due_at = NumberAttribute(null=True)
    dead_key = UnicodeAttribute(null=True)
    ended_at = NumberAttribute(null=True)
    judged_agent = UnicodeAttribute(null=True)
    judged_at = NumberAttribute(null=True)
    doc = UnicodeAttribute()
    ttl = NumberAttribute(null=True)
    queue = TaskQueue()
    clock = TaskClock()
    client = TaskClient()
    dead = TaskDead()
    judged = TaskJudged()


class PayloadJudged(GlobalSecondaryIndex["PayloadRecord"]):
    """Older attempts, and adjustments, by the agent whose trust they moved, and when; sparse."""

    Meta = _keys("judged")
    judged_agent = UnicodeAttribute(hash_key=True)
    judged_at = NumberAttribute(range_key=True)


class PayloadRecord(Model):
    """One document of a task, schedule or attempt."""

    class Meta:
        table_name = "payloads"

    owner_id = UnicodeAttribute(hash_key=True)
    kind = UnicodeAttribute(range_key=True)
    body = UnicodeAttribute()
    judged_agent = UnicodeAttribute(null=True)
    judged_at = NumberAttribute(null=True)
    cid = UnicodeAttribute(null=True)
    ttl = NumberAttribute(null=True)
    judged = PayloadJudged()


class ScheduleClock(GlobalSecondaryIndex["ScheduleRecord"]):
    """Active schedules by shard and next slot; sparse."""

    Meta = _keys("clock")
    clock_shard = NumberAttribute(hash_key=True)
    due_at = NumberAttribute(range_key=True)


class ScheduleClient(GlobalSecondaryIndex["ScheduleRecord"]):
    """A client's schedules ("<tenant>#<client_id>") by time."""

    Meta = _keys("client")
    client_key = UnicodeAttribute(hash_key=True)
    created_at = NumberAttribute(range_key=True)


class ScheduleRecord(Model):
    """One schedule. Its counters are attributes: runs end while the row moves from slot to slot."""

    class Meta:
        table_name = "schedules"

    schedule_id = UnicodeAttribute(hash_key=True)
    client_key = UnicodeAttribute()
    created_at = NumberAttribute()
    status = UnicodeAttribute()
    version = NumberAttribute()
    cid = UnicodeAttribute()
    failed_runs = NumberAttribute(default=0)
    clock_shard = NumberAttribute(null=True)
    due_at = NumberAttribute(null=True)
    doc = UnicodeAttribute()
    ttl = NumberAttribute(null=True)
    clock = ScheduleClock()
    client = ScheduleClient()


class ExecutionRecord(Model):
    """What became of one slot of a schedule."""

    class Meta:
        table_name = "executions"

    schedule_id = UnicodeAttribute(hash_key=True)
    slot = NumberAttribute(range_key=True)
    status = UnicodeAttribute()
    doc = UnicodeAttribute()
    ttl = NumberAttribute(null=True)


class DeadMessageRecord(Model):
    """A message of the work queue that no consumer could handle."""

    class Meta:
        table_name = "dead-messages"

    day = UnicodeAttribute(hash_key=True)
    message_id = UnicodeAttribute(range_key=True)
    body = UnicodeAttribute()
    reason = UnicodeAttribute()
    receives = NumberAttribute()
    first_at = NumberAttribute()
    at = NumberAttribute()
    ttl = NumberAttribute()


class LimitRecord(Model):
    """How far the time of one limit or line is given away."""

    class Meta:
        table_name = "limits"

    limit_id = UnicodeAttribute(hash_key=True)
    at = NumberAttribute()
    cid = UnicodeAttribute(null=True)
    ttl = NumberAttribute()


class TickRecord(Model):
    """When the tick last ran."""

    class Meta:
        table_name = "ticks"

    name = UnicodeAttribute(hash_key=True)
    at = NumberAttribute()
    before = NumberAttribute(null=True)


class StatsRecord(Model):
    """A row of what stands behind /metrics; that of the counters has one attribute for each beside these."""

    class Meta:
        table_name = "stats"

    name = UnicodeAttribute(hash_key=True)
    doc = UnicodeAttribute(null=True)
    counted_up_to = UnicodeAttribute(null=True)
    cid = UnicodeAttribute(null=True)
    ttl = NumberAttribute(null=True)


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
