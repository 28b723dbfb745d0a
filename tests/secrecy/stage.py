"""app.py itself over the local cloud: its API with keys, its consumers and its tick, each called by hand."""

import contextlib
import hashlib
import importlib.util
import json
from collections.abc import Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from infra.local.calls import Answer, Call
from infra.local.engine import LocalCloud
from infra.local.environment import pointing_here
from infra.local.event_sources import sources_of
from infra.local.invocation import LambdaContext
from tests.connections import forget_connections
from tests.e2e.processes import ROOT
from tests.gateway import Answer as Answered
from tests.gateway import Api

STAGE = "test"
REFUSAL = "ValidationException"


class Keyed(Api):
    """Shows the admin's key, unless a test shows another."""

    key = ""
    calls = 0

    def call(self, method: str, url: str, body: Any = None, *, headers: Any = None) -> Answered:
        self.calls += 1
        shown = {"X-API-Key": self.key} if headers is None else headers
        return super().call(method, url, body, headers=shown)


@dataclass
class Stage:
    """What Lambda's event sources call, without their threads."""

    cloud: LocalCloud
    app: ModuleType
    api: Keyed

    def begin_anew(self) -> None:
        """Empty tables, and a container that remembers nothing."""
        self.cloud.reset()
        forget_connections()
        self.app.made.cache_clear()

    def work(self) -> int:
        """One batch of the work queue: how many messages it had."""
        return int(self._source("work").one_batch(wait_seconds=0))

    def count(self) -> bool:
        """All that the tasks' stream holds; False when a batch failed."""
        return bool(self._source("stats").to_the_end())

    def tick(self) -> None:
        self._source("tick").fire()

    def _source(self, name: str) -> Any:
        return next(source for source in sources_of(self.app.app, self.cloud) if source._name == name)

    def receive(self, body: str, *, receives: int) -> Any:
        """One message of the work queue, handed over as often as is said."""
        attributes = {"ApproximateReceiveCount": str(receives)}
        record = {"messageId": f"message-{receives}", "body": body, "attributes": attributes}
        return self.app.work({"Records": [record]}, LambdaContext("work"))

    def send(self, body: str) -> None:
        url = self.cloud.queue_url(f"ains-{STAGE}-work")
        self.cloud.request("sqs", "SendMessage", QueueUrl=url, MessageBody=body)

    @contextlib.contextmanager
    def refusing(self, words: str, *, only: str = "") -> Iterator[None]:
        """AWS refuses every call, or those of one action, in these words, and for good."""

        def refuse(call: Call, run: Any) -> Answer:
            if only not in ("", call.action):
                return run()
            body = json.dumps({"__type": f"com.amazonaws#{REFUSAL}", "message": words}).encode()
            headers = {"Content-Type": "application/x-amz-json-1.0", "x-amzn-errortype": REFUSAL}
            return Answer(400, headers, body)

        self.cloud.around = refuse
        try:
            yield
        finally:
            self.cloud.around = None


@contextlib.contextmanager
def deployed(admin_key: str) -> Iterator[Stage]:
    """A fresh app.py, which reads its environment as on Lambda: the key's hash is all it is given."""
    digest = hashlib.sha256(admin_key.encode()).hexdigest()
    with LocalCloud(stage=STAGE, long_polls=False) as cloud:
        url = cloud.queue_url(f"ains-{STAGE}-work")
        with pointing_here(stage=STAGE, work_queue_url=url, admin_key_sha256=digest):
            app = _imported()
            api = Keyed(app.app, is_held_to_document=False)
            api.key = admin_key
            yield Stage(cloud, app, api)


def _imported() -> ModuleType:
    spec = importlib.util.spec_from_file_location("app_of_the_stage", ROOT / "app.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
