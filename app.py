"""AINS on Lambda: composition root, then every entry point of the deployment in one line each."""

from functools import cache
from threading import Lock
from typing import Any

from chalice.app import CloudWatchEvent, DynamoDBEvent, Rate, SQSEvent

from chalicelib import __version__, consumers, settings, telemetry, ticks, wiring
from chalicelib.api.caller import Auth
from chalicelib.api.create_app import create_app
from chalicelib.api.measuring import HttpMeter
from chalicelib.api.request_log import RequestLog
from chalicelib.services.usecases import UseCases

configured = settings.from_environment()
lines = telemetry.EmfMetrics(configured.stage, wiring.wall_clock)
tally = telemetry.Tally() if configured.is_sole_process else None
metrics = lines if tally is None else telemetry.Both(lines, tally)
auth = Auth(open_mode=configured.open_mode, admin_key_sha256=configured.admin_key_sha256)


making = Lock()


@cache
def made() -> UseCases:
    return wiring.assemble(wiring.aws(configured.required(), metrics), quota=configured.quota)


def use_cases() -> UseCases:
    """Made by the first event: packaging imports this module with no environment and no network."""
    with making:  # the local service handles several first events at once
        return made()


runs = telemetry.RunLog(telemetry.logger, wiring.stopwatch)
meter = HttpMeter(metrics, wiring.stopwatch, RequestLog(telemetry.logger))
app = create_app(use_cases, auth=auth, version=__version__, meter=meter, tally=tally)


@app.middleware("all")
def measured(event: Any, get_response: Any) -> Any:
    """Every entry point flushes what it measured, also when it fails."""
    try:
        return get_response(event)
    finally:
        lines.flush()


@app.on_sqs_message(queue_arn="arn:aws:sqs:us-east-1:000000000000:ains-work", batch_size=10, name="work")
def work(event: SQSEvent) -> dict[str, Any]:
    return runs.told("work", event, lambda: consumers.work(event.to_dict(), use_cases(), telemetry.logger()))


@app.on_dynamodb_record(
    stream_arn="arn:aws:dynamodb:us-east-1:000000000000:table/ains-tasks/stream/x",
    batch_size=100,
    name="stats",
)
def stats(event: DynamoDBEvent) -> dict[str, Any]:
    return runs.told("stats", event, lambda: consumers.count(event.to_dict(), use_cases()))


@app.schedule(Rate(1, unit=Rate.MINUTES), name="tick")
def tick(event: CloudWatchEvent) -> None:
    runs.told("tick", event, lambda: ticks.tick(use_cases()))
