"""An agent's end of each protocol, without threads: the tests say when."""

from sdk_fakes import Bench

from agent_client import HttpSync, Registration, SqsLongPoll
from agent_client._sqs_listener import Listener
from agent_client.testing import FakeQueue, FakeService


class SyncLine:
    """An agent's end of the protocol, without threads."""

    def __init__(self, *, slots: int = 2, heartbeat_interval: float = 10.0) -> None:
        self.service = FakeService()
        self.desk = Bench(self.service, slots=slots, heartbeat_interval=heartbeat_interval)
        self.sync = HttpSync()
        self.sync.open(self.desk.link, self.desk.register())

    def round(self, status: str = "ACTIVE") -> float:
        return self.sync.round(status=status)

    def last(self) -> dict:
        return self.service.sent("/sync")[-1]

    def status(self, task_id: str) -> str:
        return self.service.task(task_id).status


class QueueLine:
    """An sqs agent without threads: the queue is listened to when the test says so."""

    def __init__(self, *, slots: int = 1) -> None:
        self.service = FakeService()
        self.desk = Bench(self.service, slots=slots)
        self.queue = FakeQueue()
        self.desk.register(delivery="sqs")
        self.idle = FakeQueue()  # the transport's own listener waits here
        self.rounds = SqsLongPoll(connect=lambda _: self.idle)
        self.rounds.open(self.desk.link, Registration(agent_id="agent-1", queue_url="fake:rounds"))
        self.listener = Listener(self.queue, self.desk.link, confirm=self.rounds._confirm)

    def deliver(self, **fields: object) -> str:
        task_id = self.service.submit("report-v1", {"x": 1}, **fields)
        self.service.deliver(task_id, agent_id="agent-1", queue=self.queue)
        return task_id

    def status(self, task_id: str) -> str:
        return self.service.task(task_id).status

    def close(self) -> None:
        self.rounds.close()
        self.idle.close()
