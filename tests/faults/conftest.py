"""The real use cases over the embedded engine, with real threads."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import botocore.session
import pytest

from chalicelib import consumers, wiring
from chalicelib.services.usecases import UseCases
from chalicelib.settings import Settings
from infra.local.engine import LocalCloud
from tests.fakes import FakeMetrics, SilentLog

from .crowd import CrowdedStage
from .stage import STAGE, Stage


def use_cases_of(settings: Settings) -> UseCases:
    """Those of one process; agents pull new tasks at once, so that they race with the dispatch."""
    return wiring.assemble(wiring.aws(settings, FakeMetrics()), head_start_ms=0)


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    """What scenarios in virtual time are played on."""
    with _with_credentials(), LocalCloud(stage=STAGE, long_polls=False) as cloud:
        yield Stage(cloud)


@pytest.fixture(scope="module")
def crowded_stage() -> Iterator[CrowdedStage]:
    """The same for several requests at once."""
    with _with_credentials(), LocalCloud(stage=STAGE, long_polls=False) as cloud:
        yield CrowdedStage(cloud)


@contextmanager
def _with_credentials() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as environment:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            environment.setenv(name, "local")
        environment.setenv("AWS_DEFAULT_REGION", "us-east-1")
        yield


@dataclass
class Engine:
    """One process's view of the cloud; `another()` is a second process's."""

    cloud: LocalCloud
    settings: Settings
    use_cases: UseCases

    def another(self) -> UseCases:
        return use_cases_of(self.settings)

    def consume(self) -> int:
        """Handle what is on the work queue now; how many messages that were."""
        sqs = self.cloud.client("sqs")
        answer = sqs.receive_message(QueueUrl=self.settings.work_queue_url, MaxNumberOfMessages=10)
        messages = answer.get("Messages", [])
        records = [{"messageId": m["MessageId"], "body": m["Body"]} for m in messages]
        refused = consumers.work({"Records": records}, self.use_cases, SilentLog())
        assert refused == {"batchItemFailures": []}
        for message in messages:
            sqs.delete_message(QueueUrl=self.settings.work_queue_url, ReceiptHandle=message["ReceiptHandle"])
        return len(messages)


@pytest.fixture(scope="module")
def cloud() -> Iterator[LocalCloud]:
    random.seed(7)
    with _with_credentials(), LocalCloud(stage=STAGE) as running:
        yield running


@pytest.fixture
def engine(cloud: LocalCloud) -> Engine:
    cloud.reset()
    sqs = botocore.session.get_session().create_client("sqs")
    url = sqs.get_queue_url(QueueName=f"ains-{STAGE}-work")["QueueUrl"]
    settings = Settings(stage=STAGE, work_queue_url=url)
    return Engine(cloud, settings, use_cases_of(settings))
