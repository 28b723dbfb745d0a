"""What being watched costs: a scrape, a counted batch, and a request's own metrics."""

import json

from chalicelib import telemetry
from chalicelib.api.caller import Auth
from chalicelib.api.create_app import create_app
from chalicelib.api.measuring import HttpMeter
from chalicelib.api.request_log import RequestLog
from chalicelib.domain.counting import Countable
from chalicelib.domain.task import Status
from chalicelib.services.ports import Change
from chalicelib.telemetry import Both, EmfMetrics, Tally
from tests.budgets.counting import counted
from tests.budgets.rig import Rig
from tests.gateway import Api

READ_UNITS_PER_SCRAPE = 10
READ_UNIT_BYTES = 4 * 1024  # and eventually consistent reads cost half


def served(rig: Rig, *, is_measured: bool = True) -> Api:
    tally = Tally()
    metrics = Both(EmfMetrics("test", rig.clock), tally)
    meter = HttpMeter(metrics, lambda: 0.0, RequestLog(telemetry.logger))
    measured = {"meter": meter, "tally": tally} if is_measured else {}
    return Api(create_app(lambda: rig.use_cases, auth=Auth(open_mode=True), version="1", **measured))


def read_units(rig: Rig) -> float:
    """Of one scrape, from what it was sent."""
    sizes: list[int] = []
    outer = rig.cloud.around

    def weighed(call, run):  # type: ignore[no-untyped-def]
        answer = run()
        assert call.action == "GetItem"
        sizes.append(len(json.dumps(json.loads(answer.body).get("Item", {}))))
        return answer

    rig.cloud.around = weighed
    try:
        assert served(rig).get("/metrics").status == 200
    finally:
        rig.cloud.around = outer
    return sum(-(-size // READ_UNIT_BYTES) / 2 for size in sizes)


def test_a_scrape_reads_two_small_rows_however_many_agents_there_are(rig: Rig) -> None:
    rig.tick()
    with counted(rig.cloud) as few:
        served(rig).get("/metrics")
    units = read_units(rig)
    for n in range(40):
        rig.agent(f"agent-01jd3m8x5v9k2w7q4r6t8y0z{n:02}")
    rig.tick()
    with counted(rig.cloud) as many:
        served(rig).get("/metrics")
    assert few.actions == many.actions == {"GetItem": 2}
    assert read_units(rig) == units <= READ_UNITS_PER_SCRAPE


def test_a_batch_of_the_stream_is_one_write_and_one_that_comes_again_is_too(rig: Rig) -> None:
    batch = [Change(number=n, before=None, after=Countable(status=Status.PENDING)) for n in range(100)]
    for _ in range(2):
        with counted(rig.cloud) as cost:
            rig.use_cases.counting.count("shard", batch)
        assert cost.actions == {"TransactWriteItems": 1}
        assert cost.write_units == 4


def test_the_metrics_and_the_log_of_a_request_add_no_call_to_it(rig: Rig) -> None:
    held = rig.dispatch(rig.submit())
    body = {"status": Status.ACTIVE.value, "lease_token": held.token, "agent_id": "agent-1"}
    costs = []
    for is_measured in (True, False):
        api = served(rig, is_measured=is_measured)
        with counted(rig.cloud) as cost:
            api.put(f"/aitp/tasks/{held.task_id}/status", body)
            api.get(f"/aitp/tasks/{held.task_id}")
            api.get("/ains/agents")
        costs.append(cost.actions)
    assert costs[0] == costs[1]
