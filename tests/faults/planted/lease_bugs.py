"""Bugs of who holds what, for how long and how often."""

from .planting import Bug, Edit

NO_TOKEN_CHECK = Bug(
    "no token check",
    "Whoever holds a task may report on it, under whatever lease token.",
    (
        Edit(
            "chalicelib/services/holding.py",
            "    if token is not None and token != lease.token:\n",
            "    if token is not None and token < 0:\n",
        ),
    ),
    flows=("zombie",),
    kinds=("throttle",),
    breaks=frozenset({5}),
)

INDEX_AS_GUARD = Bug(
    "index used as guard",
    "The sweep of a lost agent frees what its inbox shows, whoever holds it by its row.",
    (
        Edit(
            "chalicelib/services/sweeping.py",
            "if task.lease is not None and task.lease.agent_id == agent.agent_id and is_free(task):",
            "if task.lease is not None and is_free(task):",
        ),
    ),
    flows=("passed_on",),
    kinds=("stale",),
    breaks=frozenset({4}),
)

UNBOUNDED_RETRIES = Bug(
    "retry without attempt bound",
    "A task that fails is tried again, however often it has failed.",
    (
        Edit(
            "chalicelib/domain/lifecycle/ending.py",
            "    if not retryable or task.attempt >= task.max_retries:\n",
            "    if not retryable:\n",
        ),
    ),
    flows=("retries",),
    kinds=("throttle",),
    breaks=frozenset({8}),
)

CLOCK_OF_THE_AGENT = Bug(
    "lease by wall clock of the agent",
    "A heartbeat renews the lease from the time that the agent thinks it is.",
    (
        Edit(
            "chalicelib/api/agents_at_work.py",
            "tenant=call.tenant, wish=call.body.wish())",
            "tenant=call.tenant, wish=call.body.wish(), at=call.body.timestamp)",
        ),
        Edit(
            "chalicelib/services/agents.py",
            "    def heartbeat(self, agent_id: str, *, tenant: str, wish: Wish | None) -> Agent:\n",
            "    def heartbeat(self, agent_id: str, *, tenant: str, wish: Wish | None, at: str) -> Agent:\n",
        ),
        Edit(
            "chalicelib/services/agents.py",
            "        agent = self.agents.beat(agent_id, tenant=tenant, now=self.clock(), wish=wish)\n",
            '        said = __import__("datetime").datetime.fromisoformat(at).timestamp()\n'
            "        agent = self.agents.beat(agent_id, tenant=tenant, now=int(said * 1000), wish=wish)\n",
        ),
    ),
    flows=("wrong_clock",),
    kinds=("throttle",),
    breaks=frozenset({4}),
)

SYNC_FREES_THE_UNNAMED = Bug(
    "a sync that frees what it does not name",
    "What a sync does not name is freed, though the answer that carried it may have been lost.",
    (
        Edit(
            "chalicelib/services/syncing.py",
            "            if received or task.status is Status.CANCELLED:\n",
            "            if received or task.lease is not None:\n",
        ),
    ),
    flows=("arrive",),
    kinds=("kill_after",),
    breaks=frozenset({4}),
)

INBOX_READ_ONCE = Bug(
    "a lost agent's inbox read once from the index",
    "The clock does not come back to a lost agent, though it still counts what its inbox did not show.",
    (
        Edit(
            "chalicelib/domain/agent.py",
            "            return now + SWEEP_AGAIN_MS if self.in_flight > 0 else None\n",
            "            return None\n",
        ),
    ),
    flows=("sudden_death",),
    kinds=("stale",),
    breaks=frozenset({7}),
)

LEASE_BUGS = (
    NO_TOKEN_CHECK,
    INDEX_AS_GUARD,
    UNBOUNDED_RETRIES,
    CLOCK_OF_THE_AGENT,
    SYNC_FREES_THE_UNNAMED,
    INBOX_READ_ONCE,
)
