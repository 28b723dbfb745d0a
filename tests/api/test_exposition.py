"""GET /metrics: counters of the stats table, gauges of the last tick, and what the process itself counted."""

import itertools

import pytest

from chalicelib import ticks
from chalicelib.api.caller import Auth
from chalicelib.api.create_app import create_app
from chalicelib.api.measuring import HttpMeter
from chalicelib.telemetry import METRICS, Origin, Tally
from tests.fakes import World
from tests.gateway import VERSION, Api

from .requests import registered, submitted


def lines(api: Api) -> dict[str, float]:
    answer = api.get("/metrics")
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    shown = [line.rpartition(" ") for line in answer.text.splitlines() if not line.startswith("#")]
    return {series: float(value) for series, _, value in shown}


@pytest.fixture
def measured(here: World) -> Api:
    """A service whose only process counts what it does; each request takes it a quarter of a second."""
    tally, seconds = Tally(), itertools.count()
    meter = HttpMeter(tally, lambda: next(seconds) / 4)
    return Api(
        create_app(
            lambda: here.use_cases, auth=Auth(open_mode=True), version=VERSION, meter=meter, tally=tally
        )
    )


def test_counters_are_there_from_the_start_and_gauges_from_the_first_tick(api: Api, here: World) -> None:
    before = lines(api)
    assert before["tasks_created_total"] == 0
    assert "tasks_queue_depth" not in before
    submitted(api)
    here.stats.add({"tasks_created_total": 1}, shard="s", first=1, last=1, now=0)
    ticks.tick(here.use_cases)
    after = lines(api)
    assert (after["tasks_created_total"], after["tasks_queue_depth"]) == (1, 1)
    assert after["tick_last_run_timestamp_seconds"] == here.clock() / 1000


def test_agents_are_shown_by_status_by_trust_and_the_best_by_name(api: Api, here: World) -> None:
    registered(api)
    ticks.tick(here.use_cases)
    shown = lines(api)
    assert shown['agent_status{status="ACTIVE"}'] == 1
    assert shown['agent_status{status="OFFLINE"}'] == 0
    assert shown['agent_trust_score_bucket{le="0.4"}'] == 0
    assert shown['agent_trust_score_bucket{le="0.5"}'] == shown['agent_trust_score_bucket{le="+Inf"}'] == 1
    assert (shown["agent_trust_score_count"], shown["agent_trust_score_sum"]) == (1, 0.5)
    assert shown['agent_trust_top{rank="01",agent="agent-1"}'] == 0.5


def test_what_one_process_of_many_counted_is_not_shown(api: Api) -> None:
    shown = {series.partition("{")[0] for series in lines(api)}
    assert not {m.prometheus_name for m in METRICS if m.origin is Origin.PROCESS} & shown


def test_requests_are_counted_by_route_and_outcome_and_timed(measured: Api) -> None:
    measured.get("/health")
    measured.get("/aitp/tasks/task-1")
    measured.get("/aitp/tasks/task-2")
    measured.call("PATCH", "/aitp/tasks/task-2")
    shown = lines(measured)
    assert shown['http_requests_total{route="GET /health",outcome="2xx"}'] == 1
    assert shown['http_requests_total{route="GET /aitp/tasks/{task_id}",outcome="4xx"}'] == 2
    assert shown['http_requests_total{route="other /aitp/tasks/{task_id}",outcome="4xx"}'] == 1
    assert shown['http_request_duration_seconds_sum{route="GET /health"}'] == 0.25
    assert shown['http_request_duration_seconds_bucket{route="GET /health",le="0.1"}'] == 0
    assert shown['http_request_duration_seconds_bucket{route="GET /health",le="0.25"}'] == 1


def test_sizes_are_those_of_bodies_in_bytes(measured: Api) -> None:
    answers = [measured.get("/health"), measured.get("/aitp/tasks/Ünknown")]
    size = sum(len(answer.text.encode()) for answer in answers)
    assert lines(measured)["http_response_size_bytes_sum"] == size


def test_the_request_that_asks_is_the_one_under_way(measured: Api) -> None:
    assert lines(measured)["http_connections_active"] == 1


def test_a_crash_is_counted_as_a_failure_of_ours(measured: Api, here: World) -> None:
    here.tasks.get = None  # type: ignore[assignment,method-assign]
    assert measured.get("/aitp/tasks/task-1").status == 500
    assert lines(measured)['http_requests_total{route="GET /aitp/tasks/{task_id}",outcome="5xx"}'] == 1
