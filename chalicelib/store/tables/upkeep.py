"""Small tables that the service keeps for itself."""

from pynamodb.attributes import (
    NumberAttribute,
    UnicodeAttribute,
)
from pynamodb.models import Model


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
