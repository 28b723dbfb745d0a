"""The SQS transport: work arrives on the agent's own queue, everything else goes over HTTP."""

from __future__ import annotations

import threading
from collections.abc import Callable

from agent_client._agent_models import Registration
from agent_client._jobs import Report
from agent_client._sqs_listener import PASSING, Listener
from agent_client._sqs_queue import Queue, SqsQueue
from agent_client.errors import AinsError, ApiError, ServerError, Superseded
from agent_client.transports import Beat, Link, let_go, log_heartbeat


class SqsLongPoll:
    """A thread listens to the queue; rounds keep the lease and send the reports.

    Every other beat is a sync, which for an sqs agent never carries assignments: it tells progress, learns
    what was lost, and notices when another session took over. A plain heartbeat can do none of that, but has
    the service fill free slots from its waiting lines.
    """

    delivery = "sqs"

    def __init__(self, *, connect: Callable[[str], Queue] = SqsQueue) -> None:
        self._connect = connect
        self._url: str | None = None
        self._listener: Listener | None = None
        self._ack = 0
        self._said = "ACTIVE"
        self._is_sync_next = False
        self._is_superseded = False
        self._syncing = threading.Lock()
        self._link: Link
        self._heartbeat: Beat

    def open(self, link: Link, registration: Registration) -> None:
        """Raises RuntimeError when the service gave no queue, or boto3 is missing."""
        url = registration.queue_url
        if not url:
            raise RuntimeError("the service gave this agent no queue: it may not offer sqs delivery")
        self._link = link
        self._ack = 0
        self._said = "ACTIVE"
        self._is_superseded = False
        self._heartbeat = Beat(link.heartbeat_interval, clock=link.clock)
        if self._listener is None or url != self._url:
            self.close()
            self._url = url
            self._listener = Listener(self._connect(url), link, confirm=self._confirm)
            self._listener.start()
        self._listener.follow(link)

    def round(self, *, status: str) -> float:
        bench = self._link.bench
        bench.has_news = False
        trouble = self._send_reports()
        if self._heartbeat.is_due or status != self._said or self._is_superseded or bench.released():
            self._beat(status)
        if trouble is not None:
            raise trouble
        return self._heartbeat.due_in

    def sign_off(self) -> None:
        trouble = self._send_reports()
        # Who is OFFLINE loses what it has not reported yet; the rest goes back in any case.
        self._said = "OFFLINE" if trouble is None else "DRAINING"
        self._sync()
        if trouble is not None:
            raise trouble

    def _send_reports(self) -> AinsError | None:
        """The first trouble. A report that the service stumbles over holds up no other, and no heartbeat."""
        trouble: AinsError | None = None
        for report in self._link.bench.reports():
            try:
                self._report(report)
            except ServerError as error:
                trouble = trouble or error
            except AinsError as error:
                return trouble or error
        return trouble

    def close(self) -> None:
        if self._listener is not None:
            self._listener.close()
            self._listener = None

    def _beat(self, status: str) -> None:
        link = self._link
        self._said = status
        # A heartbeat cannot give anything back, nor be told that another session took over.
        if self._is_sync_next or status == "DRAINING" or self._is_superseded or link.bench.released():
            self._sync()
        else:
            link.bench.heed(link.client.heartbeat(link.agent_id, status=status).agent_status)
        self._is_sync_next = not self._is_sync_next
        log_heartbeat(link.clock)
        self._heartbeat.done()

    def _confirm(self) -> None:
        """For the listener: raises Superseded, and has the next round find out too."""
        try:
            self._sync()
        except Superseded:
            with self._link.bench.changed:
                self._is_superseded = self._link.bench.has_news = True
                self._link.bench.changed.notify_all()
            raise

    def _sync(self) -> None:
        with self._syncing:  # answers are numbered: one at a time
            self._exchange(self._said)

    def _exchange(self, status: str) -> None:
        link = self._link
        held, released = link.bench.held(), link.bench.released()
        answer = link.client.sync(
            link.agent_id,
            session_id=link.session_id,
            ack=self._ack,
            held=held,
            released=[{"task_id": task_id, "lease_token": token} for task_id, token in released],
            free_slots=link.bench.wanted() if status == "ACTIVE" else 0,
            status=status,
        )
        self._ack = max(self._ack, answer.seq)
        link.bench.forget_released(released)
        let_go(link.bench, answer, ((h["task_id"], h["lease_token"]) for h in held))
        if status == "ACTIVE":
            link.bench.heed(answer.agent_status)

    def _report(self, report: Report) -> None:
        link = self._link
        fields = {k: v for k, v in report.fields().items() if k not in ("task_id", "status")}
        try:
            link.client.report(report.task_id, report.status, agent_id=link.agent_id, **fields)
        except PASSING:
            raise
        except ApiError as error:
            link.bench.settle(report, refusal=str(error))
        else:
            link.bench.settle(report)
