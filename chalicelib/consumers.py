"""The consumers, of the work queue and of the tasks table's stream: a batch in, partial failures out."""

from collections.abc import Mapping
from typing import Any, Protocol

from chalicelib.services.messages import UnknownMessage, decoded
from chalicelib.services.ports import Aggregate, Hint, HintKind
from chalicelib.services.usecases import UseCases
from chalicelib.telemetry import trouble


class Log(Protocol):
    """What this module says about trouble."""

    def error(self, msg: object, *, extra: Mapping[str, object]) -> None: ...


def work(event: Mapping[str, Any], use_cases: UseCases, log: Log) -> dict[str, Any]:
    """Lambda's partial batch response: messages that failed are seen again, the others are not."""
    failures = []
    for record in event["Records"]:
        try:
            handle(decoded(record["body"]), use_cases)
        except Exception as error:  # noqa: BLE001 - the boundary: the queue shows it again, the log says why
            log.error("work message failed", extra=_about(record) | trouble(error))
            use_cases.metrics.count("work_failures_total")
            note(record, error, use_cases, log)
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}


def count(event: Mapping[str, Any], use_cases: UseCases) -> dict[str, Any]:
    """A batch of the tasks table's stream: counted, and what rows that went have left is deleted.

    It fails as a whole, and what comes again is not counted twice.

    Lambda names the shard because the mapping has a tumbling window, whose state nobody needs; an emulator
    has one shard a stream and names none.
    """
    records = event["Records"]
    if records:
        shard = event.get("shardId") or records[0]["eventSourceARN"]
        changes = [use_cases.counting.read(record) for record in records]
        use_cases.counting.count(shard, changes)
        use_cases.purging.purge(changes)
    return {"state": {}}


def note(record: Mapping[str, Any], error: Exception, use_cases: UseCases, log: Log) -> None:
    """Say why a message failed. Where that fails too the message still goes the queue's own way."""
    message_id = record["messageId"]
    try:
        receives = int(record["attributes"]["ApproximateReceiveCount"])
        use_cases.dead_lettering.failed(message_id, record["body"], receives=receives, error=error)
    except Exception as failure:  # noqa: BLE001 - as above
        log.error("dead work message not recorded", extra={"message_id": message_id, **trouble(failure)})


def _about(record: Mapping[str, Any]) -> dict[str, object]:
    """A message by its ids; of one that cannot be read only its own."""
    known: dict[str, object] = {"message_id": record["messageId"]}
    try:
        hint = decoded(record["body"])
    except UnknownMessage:
        return known
    of_task = hint.aggregate is Aggregate.TASK or hint.kind in (HintKind.DISPATCH, HintKind.SETTLE)
    return known | {"kind": hint.kind.value, "task_id" if of_task else "row_id": hint.row_id}


def handle(hint: Hint, use_cases: UseCases) -> None:
    """One hint; a doubled or late one finds nothing to do."""
    match hint:
        case Hint(kind=HintKind.DISPATCH, tenant=str(tenant), capability=str(capability)):
            use_cases.dispatch.route(hint.row_id, tenant=tenant, capability=capability)
        case Hint(kind=HintKind.DUE, aggregate=aggregate) if aggregate is not None:
            use_cases.looking.look(aggregate, hint.row_id, at=hint.at)
        case Hint(kind=HintKind.SETTLE):
            use_cases.settling.settle(hint.row_id)
        case Hint(kind=HintKind.FILL):
            agent = use_cases.agent_store.get(hint.row_id)
            if agent is not None:
                use_cases.pull.fill(agent)
        case Hint(kind=HintKind.SWEEP, aggregate=aggregate, until=int(until)) if aggregate is not None:
            use_cases.ticking.sweep(
                aggregate, int(hint.row_id), until=until, cursor=hint.cursor, paced=hint.paced
            )
        case _:
            raise UnknownMessage(f"a {hint.kind} message lacks what it needs")
