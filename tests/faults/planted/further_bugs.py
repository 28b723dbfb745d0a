"""Bugs beyond the twelve, each of which the code takes care not to have."""

from .planting import Bug, Edit

WAITING, WORKING, ENDING = (
    f"chalicelib/domain/lifecycle/{part}.py" for part in ("waiting", "working", "ending")
)

UNCOUNTED_RESCUES = Bug(
    "rescue not counted",
    "A task whose agents die while they run it is given out for ever.",
    (Edit(ENDING, '        ended["rescues"] = task.rescues + 1\n', ""),),
    flows=("lost_agent",),
    kinds=("throttle",),
    breaks=frozenset({8}),
)

NO_BACKOFF = Bug(
    "no backoff",
    "What failed is tried again at once.",
    (
        Edit(
            ENDING,
            "    ready_at = now + max(wait, retry_after_ms or 0)\n",
            "    ready_at = now + min(wait, retry_after_ms or 0)\n",
        ),
    ),
    flows=("retries",),
    kinds=("throttle",),
    breaks=frozenset({8}),
)

SETTLED_BEFORE_TOLD = Bug(
    "mark cleared before the effect",
    "The mark that an outcome is still to be told goes first; who dies in between tells nobody.",
    (
        Edit(
            "chalicelib/services/settling.py",
            "            self._execution(task, task.schedule_id, task.slot)\n        if task.retry_of",
            "            pass\n        if task.retry_of",
        ),
        Edit(
            "chalicelib/services/settling.py",
            "    def _disproved(self, task: Task",
            "        if task.schedule_id is not None and task.slot is not None:\n"
            "            self._execution(task, task.schedule_id, task.slot)\n\n"
            "    def _disproved(self, task: Task",
        ),
    ),
    flows=("settle",),
    kinds=("kill_after",),
    breaks=frozenset({12}),
)

REDELIVERED_ANEW = Bug(
    "redelivery under a new token",
    "An assignment that is announced again gets another token: who began under the first is refused.",
    (
        Edit(
            WORKING,
            "    return next_version(task, lease=again, ",
            "    again = replace(again, token=lease.token + 1)\n"
            "    return next_version(task, token=again.token, lease=again, ",
        ),
    ),
    flows=("redeliver",),
    kinds=("throttle",),
    breaks=frozenset({5}),
)

CANCELLED_AND_FREE = Bug(
    "cancel frees the slot at once",
    "The slot of a cancelled task is given away while its handler still runs.",
    (
        Edit(
            ENDING,
            "**over, lease=replace(task.lease, redeliver_at=None))",
            "**over | _ended(task, Outcome.CANCELLED, now=now) | {'due_at': None})",
        ),
    ),
    flows=("cancel",),
    kinds=("throttle",),
    breaks=frozenset({4}),
)

KEY_IGNORED = Bug(
    "idempotency key ignored",
    "A submission that is repeated since its answer was lost makes a second task.",
    (
        Edit(
            "chalicelib/services/submission.py",
            'self.new_id("task") if key is None else ids.from_key("task", tenant=tenant, key=key)',
            'self.new_id("task")',
        ),
    ),
    flows=("submit",),
    kinds=("kill_after",),
    breaks=frozenset({2}),
)

CLAIM_OF_A_FULL_AGENT = Bug(
    "claim without a look at the slots",
    "Two that claim at once for an agent with one free slot both have it.",
    (
        Edit(
            "chalicelib/store/agent_changes.py",
            "unheld & undrained & _free(agent, now) & alive",
            "unheld & undrained & alive",
        ),
    ),
    flows=("arrive",),
    kinds=("overtaken",),
    breaks=frozenset({9}),
)

PARKED_FOR_EVER = Bug(
    "parked task loses its expiry",
    "What nobody could take stays in line longer than its client wished.",
    (
        Edit(
            WAITING,
            "    return next_version(task, due_at=task.expires_at)\n",
            "    return next_version(task, due_at=None)\n",
        ),
    ),
    flows=("parked",),
    kinds=("throttle",),
    breaks=frozenset({7}),
)

SESSION_FORGOTTEN = Bug(
    "superseded session not freed",
    "A process that took over under an agent's id leaves what the one before it held to time.",
    (
        Edit("chalicelib/services/agents.py", "                self.sweeping.free_old_sessions(fresh)\n", ""),
        Edit(
            "chalicelib/services/agents.py",
            "superseded_at=now if takes_over else existing.superseded_at",
            "superseded_at=existing.superseded_at",
        ),
    ),
    flows=("restart",),
    kinds=("throttle",),
    breaks=frozenset({7}),
)

FURTHER_BUGS = (
    UNCOUNTED_RESCUES,
    NO_BACKOFF,
    SETTLED_BEFORE_TOLD,
    REDELIVERED_ANEW,
    CANCELLED_AND_FREE,
    KEY_IGNORED,
    CLAIM_OF_A_FULL_AGENT,
    PARKED_FOR_EVER,
    SESSION_FORGOTTEN,
)
