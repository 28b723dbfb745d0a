"""Everything that may befall one AWS call, by name, and which calls it may befall."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ReadTimeoutError

from infra.local.calls import Answer, Call
from tests.contract.wire import changed, error_answer

from .choke import IDLE, Choke, Happening, Killed, Send

WRITES = {"PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems"}
SENDS = {"SendMessage", "SendMessageBatch"}
INDEXED = {"Query", "Scan"}
READS = {"GetItem", "BatchGetItem", "Query", "Scan"}
QUEUES = {"CreateQueue", "DeleteQueue"}
CALLS = READS | WRITES | SENDS | QUEUES
THROTTLES = {"dynamodb": "ProvisionedThroughputExceededException", "sqs": "RequestThrottled"}


def kill_before(choke: Choke, _call: Call, _send: Send) -> Answer:
    choke.dead = choke.has_lost = True
    raise Killed


def kill_after(choke: Choke, _call: Call, send: Send) -> Answer:
    send()
    choke.dead = choke.has_lost = True
    raise Killed


def throttle(_choke: Choke, call: Call, _send: Send) -> Answer:
    """Once: botocore tries again by itself."""
    return error_answer(THROTTLES[call.service])


def outage(choke: Choke, call: Call, send: Send) -> Answer:
    """The service refuses until the request has given up."""
    choke.lasting = _refuse
    return _refuse(choke, call, send)


def _refuse(choke: Choke, call: Call, send: Send) -> Answer:
    choke.has_lost = choke.has_lost or call.action in SENDS
    return throttle(choke, call, send)


def unknown(_choke: Choke, _call: Call, send: Send) -> Answer:
    """It happened, and the answer is lost: botocore sends it again by itself."""
    send()
    raise ReadTimeoutError(endpoint_url="https://lost.test")


def silence(choke: Choke, call: Call, send: Send) -> Answer:
    """It happened, as often as it was tried, and no answer ever comes: who asked does not go on."""
    choke.has_lost = True
    choke.lasting = unknown
    return unknown(choke, call, send)


def conflict(_choke: Choke, call: Call, _send: Send) -> Answer:
    """A transaction is in the way."""
    if call.action == "TransactWriteItems":
        reasons = [{"Code": "None"}, {"Code": "TransactionConflict", "Message": "in the way"}]
        return error_answer("TransactionCanceledException", CancellationReasons=reasons)
    return error_answer("TransactionConflictException")


def partial(choke: Choke, call: Call, send: Send) -> Answer:
    """Only some of a batch: the rest comes back as not done."""
    if call.action == "SendMessageBatch":
        return _sent_in_part(choke, call)
    answer = send()
    asked = json.loads(call.body)["RequestItems"]
    table = next(iter(asked))
    responses = json.loads(answer.body)["Responses"] | {table: []}
    return changed(answer, Responses=responses, UnprocessedKeys={table: asked[table]})


def _sent_in_part(choke: Choke, call: Call) -> Answer:
    """The first of the messages is refused, the others are sent."""
    choke.has_lost = True
    body = json.loads(call.body)
    first, *others = body["Entries"]
    told = choke.quietly("sqs", call.action, **body | {"Entries": others}) if others else {"Successful": []}
    failed = [{"Id": first["Id"], "Code": "InternalError", "SenderFault": False}]
    return _told(told | {"Failed": failed})


def delay(choke: Choke, call: Call, _send: Send) -> Answer:
    """On its way for a minute and a half."""
    body = json.loads(call.body)
    for message in body.get("Entries", [body]):
        message["DelaySeconds"] = min(900, message.get("DelaySeconds", 0) + 90)
    return _told(choke.quietly("sqs", call.action, **body))


def drop(choke: Choke, call: Call, _send: Send) -> Answer:
    """Acknowledged, and gone."""
    choke.has_lost = True
    body = json.loads(call.body)
    gone = {"MessageId": "gone", "MD5OfMessageBody": ""}
    told = {"Successful": [{"Id": e["Id"], **gone} for e in body["Entries"]]} if "Entries" in body else gone
    return _told(told)


def _told(body: dict[str, Any]) -> Answer:
    return Answer(200, {"Content-Type": "application/x-amz-json-1.0"}, json.dumps(body).encode())


def double(_choke: Choke, _call: Call, send: Send) -> Answer:
    send()
    return send()


def slow(choke: Choke, _call: Call, send: Send) -> Answer:
    """It takes 20 seconds."""
    choke.advance(20)
    return send()


def overtaken(choke: Choke, _call: Call, send: Send) -> Answer:
    """Another process is asked the same, and is done before this call goes on."""
    choke.overtake()
    return send()


def consumed(choke: Choke, _call: Call, send: Send) -> Answer:
    """Whatever was announced so far is handled before this call goes on: the queue may be fast."""
    choke.consume()
    return send()


def stale(choke: Choke, call: Call, send: Send) -> Answer:
    """This look at an index shows what was there before."""
    return choke.as_before(call) or send()


def lag(choke: Choke, call: Call, send: Send) -> Answer:
    """The indexes show what was there before, until all is calm."""
    choke.is_lagging = True
    return stale(choke, call, send)


@dataclass(frozen=True)
class Kind:
    """A happening, and which actions it may befall."""

    happening: Happening
    actions: frozenset[str]

    def befalls(self, action: str) -> bool:
        return action in self.actions


def _kind(happening: Happening, *groups: set[str]) -> Kind:
    return Kind(happening, frozenset().union(*groups))


# To die after a read is to die before what follows it; a read that is tried again, or takes long, is the next
# write coming late; a clock that says that nothing is due can only fail.
KINDS: Mapping[str, Kind] = {
    "kill_before": _kind(kill_before, CALLS, {IDLE}),
    "kill_after": _kind(kill_after, WRITES, SENDS, QUEUES),
    "throttle": _kind(throttle, WRITES, SENDS, QUEUES),
    "outage": _kind(outage, CALLS, {IDLE}),
    "unknown": _kind(unknown, WRITES, SENDS),
    "silence": _kind(silence, WRITES, SENDS),
    "conflict": _kind(conflict, WRITES),
    "partial": _kind(partial, {"BatchGetItem", "SendMessageBatch"}),
    "drop": _kind(drop, SENDS),
    "double": _kind(double, SENDS),
    "delay": _kind(delay, SENDS),
    "slow": _kind(slow, WRITES, SENDS, QUEUES),
    "overtaken": _kind(overtaken, CALLS),
    "consumed": _kind(consumed, WRITES),
    "stale": _kind(stale, INDEXED),
    "lag": _kind(lag, INDEXED),
}
