"""The HTTP transport: one sync is heartbeat, poll and reports."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from agent_client._agent_models import Assignment, Registration, SyncAnswer
from agent_client._calls import as_json
from agent_client._jobs import Key, Report
from agent_client.errors import BadRequest, IdempotencyMismatch, PayloadTooLarge
from agent_client.transports import Beat, Link, let_go, log, log_heartbeat

# A request takes 256 KB; what is held is named beside the reports.
_REPORT_BYTES = 200 * 1024
_REPORTS = 50
# After an answer that brought work: tells that it runs, and there may be more.
_QUICK = 0.2


class HttpSync:
    """Syncs every poll interval, at once when a job ended, soon after an answer that brought work.

    Reports stay queued until the service accepted or refused them. After a lost answer the next sync
    carries the same `ack`, so that the service delivers again what got lost.
    """

    delivery = "poll"

    def __init__(self) -> None:
        self._ack = 0
        self._limit = _REPORTS
        self._poll: Beat
        self._heartbeat: Beat
        self._link: Link

    def open(self, link: Link, registration: Registration) -> None:  # noqa: ARG002 - the interface's
        self._link = link
        self._ack = 0
        self._poll = Beat(link.poll_interval, clock=link.clock)
        self._heartbeat = Beat(link.heartbeat_interval, clock=link.clock)

    def round(self, *, status: str) -> float:
        bench = self._link.bench
        bench.has_news = False
        queued = bench.reports()
        reports = _fitting(queued, self._limit)
        try:
            answer = self._sync(status, reports, bench.released())
        except (BadRequest, PayloadTooLarge, IdempotencyMismatch) as error:
            if not reports:
                raise
            self._isolate(reports, str(error))
            return 0.0
        self._limit = _REPORTS
        if len(reports) < len(queued):
            return 0.0
        if answer.assignments:
            return _QUICK
        if bench.is_drained and bench.is_idle():
            return self._heartbeat.due_in
        return min(self._poll.due_in, self._heartbeat.due_in)

    def sign_off(self) -> None:
        bench = self._link.bench
        while len(_fitting(bench.reports(), self._limit)) < len(bench.reports()):
            self.round(status="DRAINING")  # who is OFFLINE loses what it has not reported yet
        self.round(status="OFFLINE")

    def close(self) -> None:
        pass

    def _sync(self, status: str, reports: Sequence[Report], released: Sequence[Key]) -> SyncAnswer:
        link = self._link
        held = link.bench.held(reported=reports)
        answer = link.client.sync(
            link.agent_id,
            session_id=link.session_id,
            ack=self._ack,
            held=held,
            reports=[report.fields() for report in reports],
            released=[{"task_id": task_id, "lease_token": token} for task_id, token in released],
            free_slots=link.bench.wanted() if status == "ACTIVE" else 0,
            status=status,
        )
        self._ack = max(self._ack, answer.seq)
        link.bench.forget_released(released)
        self._settle(answer, reports)
        named = [(h["task_id"], h["lease_token"]) for h in held]
        let_go(link.bench, answer, named + [(r.task_id, r.lease_token) for r in reports])
        self._log(answer)
        for task in answer.assignments:
            link.bench.take(self._whole(task))
        if status == "ACTIVE":
            link.bench.heed(answer.agent_status)
        return answer

    def _whole(self, task: Assignment) -> Assignment:
        """With its input, which an answer leaves out when all of it together would be too large."""
        if not task.input_data_omitted:
            return task
        return replace(task, input_data=self._link.client.get_task(task.task_id).input_data)

    def _settle(self, answer: SyncAnswer, reports: Sequence[Report]) -> None:
        bench = self._link.bench
        sent = {report.task_id: report for report in reports}
        for receipt in answer.reports:
            report = sent.get(receipt.task_id)
            if report is not None:
                bench.settle(
                    report, refusal=None if receipt.accepted else receipt.detail or "no reason given"
                )

    def _isolate(self, reports: Sequence[Report], detail: str) -> None:
        """A report the service cannot take must not hold up the others: they go singly until it is found."""
        if len(reports) > 1:
            self._limit = 1
            return
        report = reports[0]
        if report.status == "FAILED":
            self._link.bench.settle(report, refusal=detail)
            return
        message = f"the service refused the result: {detail}"[:1000]
        self._link.bench.replace(
            Report(report.task_id, report.lease_token, "FAILED", error_message=message, retryable=False)
        )

    def _log(self, answer: SyncAnswer) -> None:
        if self._heartbeat.is_due:
            log_heartbeat(self._link.clock)
            self._heartbeat.done()
        if self._poll.is_due or answer.assignments:
            if answer.assignments or not self._link.bench.is_drained:
                log.info("Polling for tasks... %d tasks found", len(answer.assignments))
            self._poll.done()


def _fitting(reports: Sequence[Report], limit: int) -> list[Report]:
    """The first ones that fit one request; always one, if there is one."""
    fitting: list[Report] = []
    room = _REPORT_BYTES
    for report in reports[:limit]:
        room -= len(as_json(report.fields()))
        if room < 0 and fitting:
            break
        fitting.append(report)
    return fitting
