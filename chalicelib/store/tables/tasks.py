"""The tasks, and documents too large for a row."""

from pynamodb.attributes import (
    NumberAttribute,
    UnicodeAttribute,
)
from pynamodb.indexes import GlobalSecondaryIndex
from pynamodb.models import Model

from .keys import keys_only


class TaskQueue(GlobalSecondaryIndex["TaskRecord"]):
    """The waiting lines and the inboxes; sparse."""

    Meta = keys_only("queue")
    queue_key = UnicodeAttribute(hash_key=True)
    queue_order = NumberAttribute(range_key=True)


class TaskClock(GlobalSecondaryIndex["TaskRecord"]):
    """Tasks that the clock looks at, by shard and time; sparse."""

    Meta = keys_only("clock")
    clock_shard = NumberAttribute(hash_key=True)
    due_at = NumberAttribute(range_key=True)


class TaskClient(GlobalSecondaryIndex["TaskRecord"]):
    """A client's tasks ("<tenant>#<client_id>") by time."""

    Meta = keys_only("client")
    client_key = UnicodeAttribute(hash_key=True)
    created_at = NumberAttribute(range_key=True)


class TaskDead(GlobalSecondaryIndex["TaskRecord"]):
    """What failed for good and was not retried ("<tenant>#<day of its end>") by its end; sparse."""

    Meta = keys_only("dead")
    dead_key = UnicodeAttribute(hash_key=True)
    ended_at = NumberAttribute(range_key=True)


class TaskJudged(GlobalSecondaryIndex["TaskRecord"]):
    """Tasks by the agent whose trust their last attempt moved, and when it ended; sparse."""

    Meta = keys_only("judged")
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

    Meta = keys_only("judged")
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
