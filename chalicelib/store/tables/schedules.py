"""The schedules, and what became of their slots."""

from pynamodb.attributes import (
    NumberAttribute,
    UnicodeAttribute,
)
from pynamodb.indexes import GlobalSecondaryIndex
from pynamodb.models import Model

from .keys import keys_only


class ScheduleClock(GlobalSecondaryIndex["ScheduleRecord"]):
    """Active schedules by shard and next slot; sparse."""

    Meta = keys_only("clock")
    clock_shard = NumberAttribute(hash_key=True)
    due_at = NumberAttribute(range_key=True)


class ScheduleClient(GlobalSecondaryIndex["ScheduleRecord"]):
    """A client's schedules ("<tenant>#<client_id>") by time."""

    Meta = keys_only("client")
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
