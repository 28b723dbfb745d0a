"""A DynamoDB stream's event source mapping: invokes a handler with its records, in order."""

from __future__ import annotations

import logging
import threading
from typing import Any

from chalice.app import DynamoDBEventConfig

from infra.local.engine import LocalCloud
from infra.local.invocation import LambdaContext
from infra.local.problems import CannotStart
from infra.local.sqs_source import Handler, logical_id

LOG = logging.getLogger(__name__)
LOOK_SECONDS = 0.2
AGAIN_SECONDS = 1.0
MOST_RECORDS = 1_000  # that Lambda takes into one batch


class StreamSource:
    """One shard, as the engine has them. A batch that fails comes again before anything after it, and one
    that was handled when the process was killed comes once more, as on Lambda."""

    def __init__(self, cloud: LocalCloud, config: DynamoDBEventConfig, handler: Handler) -> None:
        self._cloud, self._handler, self._name = cloud, handler, config.name
        self.table = _table_of(config, cloud)
        self._batch_size = min(config.batch_size, MOST_RECORDS)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()

    def join(self, timeout: float) -> None:
        self._thread.join(timeout)

    def _run(self) -> None:
        """To the stream's end when it is told to stop: what was written is to be seen."""
        while not self._stopping.is_set():
            self._stopping.wait(LOOK_SECONDS if self.look() else AGAIN_SECONDS)
        self.to_the_end()

    def look(self) -> bool:
        """A batch of what has come, or several where there is more; what comes meanwhile waits for the next
        look, as in Lambda's batching window. False when a batch failed, which stays the next.
        """
        while records := self._records():
            if not self._handled(records):
                return False
            if len(records) < self._batch_size:
                break
        return True

    def to_the_end(self) -> bool:
        """All batches there are, in this thread; False when one failed, which stays the next."""
        while self._records():
            if not self.look():
                return False
        return True

    def _records(self) -> list[dict[str, Any]]:
        return self._cloud.stream_records(self.table, limit=self._batch_size)

    def _handled(self, records: list[dict[str, Any]]) -> bool:
        event = {"Records": records, "shardId": "shardId-local"}
        try:
            self._handler(event, LambdaContext(self._name))
        except Exception:  # Lambda's boundary: whatever a handler raises fails its batch
            LOG.exception("the handler %s failed; %d record(s) come again", self._name, len(records))
            return False
        self._cloud.forget_stream_records(self.table, len(records))
        return True


def _table_of(config: DynamoDBEventConfig, cloud: LocalCloud) -> str:
    """The table whose stream the template gives to this function: that wins over the decorator's ARN."""
    function = logical_id(config.name)
    events = cloud.plan.functions[function].get("Events", {})
    deployed = events.get(f"{function}DynamodbEventSource", {}).get("Properties", {})
    arn = str(deployed.get("Stream") or config.stream_arn)
    table = arn.rpartition(":table/")[2].partition("/stream/")[0]
    streamed = {t["TableName"] for t in cloud.plan.tables.values() if "StreamSpecification" in t}
    if table not in streamed:
        raise CannotStart(f"the consumer {config.name!r} reads the stream of {table!r}, which has none")
    return table
