"""Bugs of what is written and told: in the wrong order, without a guard, or not for good."""

from .planting import Bug, Edit

ANNOUNCED_TOO_SOON = Bug(
    "announce before write",
    "A submission announces its task before the row is there: a fast queue finds nothing and forgets it.",
    (
        Edit(
            "chalicelib/services/submission.py",
            "            existing = self.tasks.add(task)\n",
            "            self.queue.announce(*of_waiting(task, now=now), now=now)\n"
            "            existing = self.tasks.add(task)\n",
        ),
        Edit(
            "chalicelib/services/submission.py",
            "        self.queue.announce(*of_waiting(task, now=now), now=now)\n"
            '        self.metrics.count("tasks_created_total")\n',
            '        self.metrics.count("tasks_created_total")\n',
        ),
    ),
    flows=("submit",),
    kinds=("consumed",),
    breaks=frozenset({7}),
)

NO_CALL_ID = Bug(
    "no call id",
    "A write that was repeated because its answer was lost takes its own row for somebody else's.",
    (
        Edit(
            "chalicelib/store/writes.py",
            '    return item is not None and item.get("cid", {}).get("S") == cid\n',
            "    return False\n",
        ),
    ),
    flows=("submit",),
    kinds=("unknown",),
    breaks=frozenset({7}),
)

UNCONDITIONAL_FINISH = Bug(
    "non-conditional finish",
    "An assignment ends whatever became of its row since it was read.",
    (
        Edit(
            "chalicelib/store/tasks.py",
            "            self._with_agent(task, was, agent_id, actions, condition)\n",
            "            self._with_agent(task, -1, agent_id, actions, condition)\n",
        ),
        Edit(
            "chalicelib/store/tasks.py",
            "to_record(task, cid=cid), condition=TaskRecord.version == was, ",
            "to_record(task, cid=cid),"
            " condition=TaskRecord.version > was if was < 0 else TaskRecord.version == was, ",
        ),
    ),
    flows=("finish",),
    kinds=("overtaken",),
    breaks=frozenset({3, 5, 6, 12}),
)

NO_OUTBOX = Bug(
    "missing outbox",
    "That a scheduled task ended is told by a message alone: no mark on its row says so until it is told.",
    (
        Edit(
            "chalicelib/domain/lifecycle/ending.py",
            '    return {"ended_at": now, "unsettled": task.awaited, "due_at": due_at, "ready_at": None}\n',
            '    return {"ended_at": now, "unsettled": False, "due_at": None, "ready_at": None}\n',
        ),
        Edit(
            "chalicelib/services/changing.py",
            "        if after.unsettled and not task.unsettled:\n",
            "        if after.awaited and after.is_over and not task.is_over:\n",
        ),
        Edit(
            "chalicelib/services/settling.py",
            "        if task is None or not task.unsettled:\n",
            "        if task is None or not task.is_over:\n",
        ),
    ),
    flows=("settle",),
    kinds=("drop",),
    breaks=frozenset({12}),
)

RANDOM_SLOT_ID = Bug(
    "slot id not deterministic",
    "Each try to fire a slot makes a task of another id, and only that id would say that it was fired.",
    (
        Edit(
            "chalicelib/domain/execution.py",
            '    digest = hashlib.sha256(f"{schedule_id}#{slot}".encode()).digest()\n',
            '    digest = __import__("os").urandom(32)\n',
        ),
        Edit(
            "chalicelib/store/schedules.py",
            "            transaction.save(run_record(execution), condition=without_run())",
            "            transaction.save(run_record(execution))",
        ),
        Edit(
            "chalicelib/store/schedules.py",
            "        condition=ScheduleRecord.version == was,\n",
            "        condition=ScheduleRecord.schedule_id.exists(),\n",
        ),
    ),
    flows=("fire_twice",),
    kinds=("overtaken",),
    breaks=frozenset({10, 12}),
)

ACK_BEFORE_HANDLING = Bug(
    "ack before handling",
    "A message counts as handled whether it was or not.",
    (
        Edit(
            "chalicelib/consumers.py",
            '            failures.append({"itemIdentifier": record["messageId"]})\n',
            "",
        ),
    ),
    flows=("dispatch",),
    kinds=("outage",),
    breaks=frozenset({7}),
)

WRITE_BUGS = (
    ANNOUNCED_TOO_SOON,
    NO_CALL_ID,
    UNCONDITIONAL_FINISH,
    NO_OUTBOX,
    RANDOM_SLOT_ID,
    ACK_BEFORE_HANDLING,
)
