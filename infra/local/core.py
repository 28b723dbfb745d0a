"""Runs calls on the engine: one at a time, journaled before the answer, long polls outside the lock."""

from __future__ import annotations

import json
import logging
import sqlite3
import threading
import time
from pathlib import Path
from typing import Any

from infra.local import resources
from infra.local.calls import Answer, Call, failure, is_empty_receive, without_wait
from infra.local.journal import Journal
from infra.local.ordered_index import OrderedIndexes
from infra.local.pinned import cloudwatch, dynamodb, sqs
from infra.local.recorder import Recorder
from infra.local.wakeups import Wakeups

ENGINES = {"dynamodb": dynamodb, "sqs": sqs, "monitoring": cloudwatch}
LOOK_AGAIN = 5.0  # seconds: the longest a long poll sleeps without a look (dead letters ring no bell)
QUIET = {"ReceiveMessage", "GetQueueUrl", "GetQueueAttributes", "ListQueues", "ListQueueTags"}
LOG = logging.getLogger(__name__)


class Core:
    """The engine's modules under one lock. Their state is the process's: one Core at a time."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.wakeups = Wakeups()
        self.journal: Journal | None = None
        self._recorder: Recorder | None = None
        self._indexes = OrderedIndexes()
        self._broken = ""
        self._dispatch = sqs._dispatch

    def open(self, data_dir: Path | None, *, accept_loss: bool = False) -> None:
        """Start from nothing, with the journal of `data_dir` when there is one. Raises CannotStart."""
        wipe()
        if data_dir is not None:
            self.journal = Journal(data_dir, accept_loss=accept_loss)
        dynamodb._lock = self.lock  # the engine's own TTL sweep then waits its turn like any call
        sqs._dispatch = self._dispatch_and_tell
        self._indexes.install()

    def record(self) -> None:
        """From here on what calls change is journaled. After recovery, which must not write it again."""
        if self.journal is not None:
            self._recorder = Recorder()
            self._recorder.install()

    def close(self) -> None:
        self.wakeups.close()
        with self.lock:
            sqs._dispatch = self._dispatch
            self._indexes.uninstall()
            if self._recorder is not None:
                self._recorder.uninstall()
            if self.journal is not None:
                self.journal.close()
            self.journal = self._recorder = None
            wipe()

    def run(self, call: Call) -> Answer:
        """Any call; a ReceiveMessage waits here, in the caller's thread, as long as it asked for."""
        if call.action != "ReceiveMessage":
            return self.run_now(call)
        now_call, queue, wait = self.long_poll(call)
        deadline, waiter = time.monotonic() + wait, threading.Event()
        try:
            while True:
                waiter.clear()
                self.wakeups.wait_for(queue, waiter)
                answer, look_again = self.look(now_call, queue)
                left = deadline - time.monotonic()
                if look_again is None or left <= 0:
                    return answer
                waiter.wait(min(left, look_again))
                if self.wakeups.closed:
                    return answer
        finally:
            self.wakeups.leave(queue, waiter)

    def long_poll(self, call: Call) -> tuple[Call, str, float]:
        """The same ReceiveMessage without waiting, its queue's name, and how long it may wait."""
        now_call, queue, wait = without_wait(call)
        if wait is None:
            with self.lock:
                found = sqs._queues.get(sqs._queue_name_to_url.get(queue))
                wait = float(found["attributes"]["ReceiveMessageWaitTimeSeconds"]) if found else 0.0
        return now_call, queue, wait

    def look(self, call: Call, queue: str) -> tuple[Answer, float | None]:
        """One look into a queue: the answer, and the seconds until another look is worth it (None: this
        answer is final)."""
        with self.lock:
            answer = self.run_now(call)
            if not is_empty_receive(answer):
                return answer, None
            found = sqs._queues.get(sqs._queue_name_to_url.get(queue))
            soonest = min((m["visible_at"] for m in found["messages"]), default=None)
        if soonest is None:
            return answer, LOOK_AGAIN
        return answer, min(max(soonest - time.time(), 0.001), LOOK_AGAIN)

    def run_now(self, call: Call) -> Answer:
        """A call that does not wait: the engine, then the journal, then the answer."""
        with self.lock:
            if self._broken:
                return failure("ServiceUnavailable", self._broken)
            # No handler awaits anything once long polls are out of the way: one step runs it whole.
            steps = ENGINES[call.service].handle_request("POST", call.path, call.headers, call.body, {})
            try:
                steps.send(None)
            except StopIteration as done:
                status, headers, body = done.value
                answer = Answer(status, headers, body if isinstance(body, bytes) else body.encode())
            except Exception as error:
                LOG.exception("the engine failed on %s", call.action)
                answer = failure("InternalFailure", f"{type(error).__name__}: {error}")
            else:
                raise AssertionError(f"{call.action} waits inside the engine")
            return self._written(answer)

    def forget_stream_records(self, table: str, count: int) -> None:
        """The oldest are done with, also after a restart. A kill before this is written shows them again."""
        with self.lock:
            forgotten = resources.forget_stream_records(table, count)
            if self._recorder is not None:
                self._recorder.note_forgotten(table, forgotten)
            self._written(Answer(200, {}, b""))

    def _written(self, answer: Answer) -> Answer:
        """The answer, once what it acknowledges is in the file. When that fails memory is ahead of the file,
        so nothing is served any more: whoever sees what was lost would act on it."""
        if self._recorder is None or self.journal is None:
            return answer
        try:
            if statements := self._recorder.take():
                self.journal.commit(statements)
        except (sqlite3.Error, OSError) as error:
            self._broken = (
                f"the journal could not be written ({error}): look after the disk and the data directory,"
                " then restart the service"
            )
            LOG.critical(self._broken)
            return failure("ServiceUnavailable", self._broken)
        return answer

    async def _dispatch_and_tell(self, action: str, data: dict[str, Any], url: str) -> dict[str, Any]:
        """What every SQS call passes: tell the journal, and wake who waits for the queue."""
        result: dict[str, Any] = await self._dispatch(action, data, url)
        if action in QUIET:
            return result
        named = result.get("QueueUrl") or data.get("QueueUrl") or url
        queue: Any = None if action == "DeleteQueue" else sqs._get_q(named)
        if self._recorder is not None:
            self._recorder.note_call(action, {"QueueUrl": url, **data}, result, queue)
        if action.startswith("SendMessage"):
            sent = len(result.get("Successful", (result,)))
            newest = queue["messages"][len(queue["messages"]) - sent :]
            at_once = all(m["visible_at"] <= time.time() for m in newest)
            self.wakeups.ring(queue["name"], sent if at_once else None)
        elif action.startswith("ChangeMessageVisibility"):
            self.wakeups.ring(queue["name"])
        return result


def wipe() -> None:
    """Forget every table, queue and metric of the process."""
    for engine in ENGINES.values():
        engine.reset()


def message(result: dict[str, Any]) -> str:
    """An error's text; services spell the key differently."""
    return str(result.get("message") or result.get("Message") or json.dumps(result))
