"""A poison message in a batch: its neighbours are done once, and it ends among the dead letters."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from chalice.app import Chalice, SQSEvent

from chalicelib import consumers, wiring
from chalicelib.domain.dead_message import MAX_RECEIVES
from chalicelib.services.usecases import UseCases
from infra.local.calls import Answer
from infra.local.engine import LocalCloud
from infra.local.event_sources import sources_of
from tests.budgets.rig import STAGE, shipped
from tests.fakes import SilentLog

POISON = '{"v":1,"kind":"sweep","aggregate":"task","id":"no shard","until":1}'
VISIBILITY = timedelta(seconds=361)


@dataclass
class Pump:
    """The event source mapping of the real consumer, one batch at a time, under a clock that tests move."""

    cloud: LocalCloud
    use_cases: UseCases
    clock: time_machine.Traveller
    log: SilentLog = field(default_factory=SilentLog)
    seen: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        app = Chalice("poison", configure_logs=False)

        @app.on_sqs_message(queue_arn="arn:aws:sqs:::placeholder", batch_size=10, name="work")
        def work(event: SQSEvent) -> dict[str, Any]:
            records = event.to_dict()["Records"]
            self.seen.update(record["body"] for record in records)
            return consumers.work({"Records": records}, self.use_cases, self.log)

        (self.source,) = sources_of(app, self.cloud)

    def send(self, body: str) -> str:
        url = self.cloud.queue_url(f"ains-{STAGE}-work")
        return self.cloud.request("sqs", "SendMessage", QueueUrl=url, MessageBody=body)["MessageId"]

    def batch(self) -> int:
        """How many messages were in it; what failed is visible again afterwards."""
        taken: int = self.source.one_batch(wait_seconds=0)
        self.clock.shift(VISIBILITY)
        return taken

    def dead(self) -> list[str]:
        """The ids in the dead-letter queue."""
        url = self.cloud.queue_url(f"ains-{STAGE}-work-dead")
        return [m["MessageId"] for m in self.cloud.request("sqs", "ReceiveMessage", QueueUrl=url)["Messages"]]


@pytest.fixture
def pump() -> Iterator[Pump]:
    with (
        time_machine.travel(1_800_000_000, tick=False) as clock,
        LocalCloud(stage=STAGE, long_polls=False) as cloud,
    ):
        yield Pump(cloud, wiring.assemble(shipped(cloud)), clock)


def good(n: int) -> str:
    return json.dumps({"v": 1, "kind": "fill", "id": f"agent-{n}"})


def test_nine_good_messages_beside_a_poison_one_are_handled_once(pump: Pump) -> None:
    poison = pump.send(POISON)
    for n in range(9):
        pump.send(good(n))
    assert [pump.batch() for _ in range(MAX_RECEIVES + 2)] == [10, 1, 1, 1, 1, 0, 0]
    assert pump.seen == {POISON: MAX_RECEIVES, **{good(n): 1 for n in range(9)}}
    assert pump.dead() == [poison]
    (dead,) = pump.use_cases.dead_lettering.page(limit=10, cursor=None).items
    assert (dead.message_id, dead.body, dead.receives) == (poison, POISON, MAX_RECEIVES)
    assert dead.reason == "ValueError: invalid literal for int() with base 10: 'no shard'"
    assert dead.first_at == 1_800_000_000_000 + 4 * 361_000


def test_a_redriven_message_comes_to_the_consumer_anew(pump: Pump) -> None:
    poison = pump.send(POISON)
    for _ in range(MAX_RECEIVES + 1):
        pump.batch()
    assert pump.use_cases.dead_lettering.redrive([poison]).message_ids == (poison,)
    assert [pump.batch() for _ in range(MAX_RECEIVES + 1)] == [1] * MAX_RECEIVES + [0]
    assert len(pump.seen) == 2  # the hint is written anew
    (dead,) = pump.use_cases.dead_lettering.page(limit=10, cursor=None).items
    assert dead.message_id != poison


def test_a_poison_message_that_cannot_be_recorded_still_ends_among_the_dead(pump: Pump) -> None:
    poison = pump.send(POISON)
    pump.send(good(1))

    def around(call: Any, run: Any) -> Answer:
        refused = call.action == "UpdateItem" and b"dead-messages" in call.body
        return Answer(400, {}, b'{"__type":"ValidationException","message":"no"}') if refused else run()

    pump.cloud.around = around
    assert [pump.batch() for _ in range(MAX_RECEIVES + 1)] == [2, 1, 1, 1, 1, 0]
    assert pump.dead() == [poison]
    assert [line for line, _ in pump.log.lines][-2:] == [
        "work message failed",
        "dead work message not recorded",
    ]
    assert pump.use_cases.dead_lettering.page(limit=10, cursor=None).items == ()
