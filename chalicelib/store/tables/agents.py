"""The agents, and what each can do."""

from pynamodb.attributes import (
    BooleanAttribute,
    JSONAttribute,
    MapAttribute,
    NumberAttribute,
    UnicodeAttribute,
)
from pynamodb.indexes import GlobalSecondaryIndex
from pynamodb.models import Model

from .keys import keys_only


class AgentClock(GlobalSecondaryIndex["AgentRecord"]):
    """Agents that the clock looks at, by shard and time."""

    Meta = keys_only("clock")
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

    Meta = keys_only("candidates")
    capability = UnicodeAttribute(hash_key=True)
    lottery = NumberAttribute(range_key=True)


class Trusted(GlobalSecondaryIndex["CapabilityRecord"]):
    """Agents that have results, by the lower bound of their trust in steps; sparse."""

    Meta = keys_only("trust")
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
