"""moto and the local cloud's engine, each with a wire between botocore and itself."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import botocore.session
import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.config import Config
from moto import mock_aws
from moto.backends import get_backend
from moto.core.botocore_stubber import BotocoreStubber
from pynamodb.connection import Connection

from chalicelib.store import connection, tables
from infra.local import resources
from infra.local.calls import Answer, Call
from infra.local.engine import LocalCloud
from tests.connections import forget_connections
from tests.contract.wire import Wire, without_backoff

STAGE = "test"
REGION = {"AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1"}


@dataclass
class Emulator:
    """Clients of an empty emulator."""

    connection: Connection
    sqs: Any
    wire: Wire = field(default_factory=Wire)

    def queue_url(self, name: str) -> str:
        url: str = self.sqs.get_queue_url(QueueName=name)["QueueUrl"]
        return url


Fresh = Callable[[], Emulator]


def _clients() -> tuple[Connection, Any]:
    """Fresh ones."""
    tables.bind(STAGE)
    forget_connections()
    tries = Config(retries={"total_max_attempts": 3, "mode": "standard"})
    return connection.connect(), botocore.session.get_session().create_client("sqs", config=tries)


@contextmanager
def engine() -> Iterator[Fresh]:
    """The local cloud's engine, in this process."""
    with LocalCloud(stage=STAGE, long_polls=False) as cloud, without_backoff():
        shared, sqs = _clients()

        def fresh() -> Emulator:
            cloud.reset()
            emulator = Emulator(shared, sqs)

            def around(call: Call, run: Callable[[], Answer]) -> Answer:
                return emulator.wire(call.action, call.body, run)

            cloud.around = around
            return emulator

        yield fresh


@contextmanager
def moto() -> Iterator[Fresh]:
    """moto, with the tables and the work queue of the same template."""
    environment = pytest.MonkeyPatch()
    for name, value in REGION.items():
        environment.setenv(name, value)
    plan = resources.plan(resources.TEMPLATE, STAGE)
    wire = _MotoWire()
    try:
        with mock_aws(), wire.laid(), without_backoff():
            shared, sqs = _clients()

            def fresh() -> Emulator:
                for service in ("dynamodb", "sqs"):
                    get_backend(service).reset()
                for table in plan.tables.values():
                    shared.client.create_table(**{"BillingMode": "PAY_PER_REQUEST", **table})
                for queue in plan.queues:
                    sqs.create_queue(QueueName=queue)
                wire.current = Wire()
                return Emulator(shared, sqs, wire.current)

            yield fresh
    finally:
        environment.undo()


class _MotoWire:
    """Stands around moto's own handler."""

    def __init__(self) -> None:
        self.current = Wire()
        self._moto = BotocoreStubber.__call__

    @contextmanager
    def laid(self) -> Iterator[None]:
        wire = self

        def called(stubber: Any, event_name: str, request: Any, **more: Any) -> AWSResponse:
            def send() -> Answer:
                found = wire._moto(stubber, event_name, request, **more)
                return Answer(found.status_code, dict(found.headers), found.content)

            answer = wire.current(_action(request), request.body or b"", send)
            headers: Any = HTTPHeaders.from_dict(answer.headers)
            return AWSResponse(request.url, answer.status, headers, _Raw(answer.body))

        BotocoreStubber.__call__ = called
        try:
            yield
        finally:
            BotocoreStubber.__call__ = self._moto


def _action(request: Any) -> str:
    target = request.headers.get("X-Amz-Target", "")
    return (target.decode() if isinstance(target, bytes) else str(target)).rpartition(".")[2]


class _Raw:
    """The little of a urllib3 response that AWSResponse asks for."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self) -> tuple[bytes]:
        return (self._body,)
