"""Metrics: one table, printed as CloudWatch's embedded format, never with an id for a label."""

import io
import json
import logging
import re
from typing import Any

import pytest

from chalicelib import telemetry
from chalicelib.telemetry import METRIC_BY_NAME, METRICS, EmfMetrics, Kind, Origin
from chalicelib.telemetry.emf import MOST_VALUES

LABELS = {"route", "outcome", "status"}  # each with few values, whatever is stored
NOW = 1_800_000_000_000


@pytest.fixture
def printed(capsys: pytest.CaptureFixture[str]) -> Any:
    def lines() -> list[dict[str, Any]]:
        return [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    return lines


def emf() -> EmfMetrics:
    return EmfMetrics("test", lambda: NOW)


def test_counts_add_up_in_one_line_under_the_stage(printed: Any) -> None:
    metrics = emf()
    metrics.count("tasks_created_total")
    metrics.count("tasks_created_total", 2)
    metrics.count("tick_rows", 5)
    assert printed() == []
    metrics.flush()
    (line,) = printed()
    assert (line["stage"], line["service"]) == ("test", "ains")
    assert (line["tasks_created_total"], line["tick_rows"]) == ([1.0, 2.0], [5.0])
    (directive,) = line["_aws"]["CloudWatchMetrics"]
    assert directive["Namespace"] == "AINS"
    assert directive["Dimensions"] == [["service", "stage"]]
    assert line["_aws"]["Timestamp"] == NOW
    assert {m["Name"]: m["Unit"] for m in directive["Metrics"]} == {
        "tasks_created_total": "Count",
        "tick_rows": "Count",
    }


def test_a_flush_begins_anew_and_an_empty_one_prints_nothing(printed: Any) -> None:
    metrics = emf()
    metrics.count("tick_rows", 5)
    metrics.flush()
    printed()
    metrics.flush()
    assert printed() == []


def test_each_set_of_dimensions_has_its_own_line_and_the_first_carries_what_has_none(printed: Any) -> None:
    metrics = emf()
    metrics.count("agent_status", 3, status="ACTIVE")
    metrics.count("agent_status", 1, status="OFFLINE")
    metrics.count("tick_rows", 5)
    metrics.flush()
    lines = printed()
    assert sorted((line.get("status", ""), line.get("agent_status", [])) for line in lines) == [
        ("ACTIVE", [3.0]),
        ("OFFLINE", [1.0]),
    ]
    active = next(line for line in lines if line["status"] == "ACTIVE")
    assert [d["Dimensions"] for d in active["_aws"]["CloudWatchMetrics"]] == [
        [["service", "stage", "status"]],
        [["service", "stage"]],
    ]
    assert active["tick_rows"] == [5.0]


def test_a_label_that_is_no_dimension_does_not_reach_cloudwatch(printed: Any) -> None:
    metrics = emf()
    for route in ("GET /health", "GET /metrics"):
        metrics.count("http_requests_total", route=route, outcome="2xx")
    metrics.count("http_connections_active", 2)
    metrics.flush()
    (line,) = printed()
    assert (line["outcome"], line["http_requests_total"]) == ("2xx", [1.0, 1.0])
    assert "route" not in line
    assert "http_connections_active" not in line


def test_more_values_than_one_line_holds_go_on_in_another(printed: Any) -> None:
    metrics = emf()
    for n in range(MOST_VALUES + 10):
        metrics.count("tick_rows", n)
    metrics.flush()
    lines = printed()
    assert [len(line["tick_rows"]) for line in lines] == [MOST_VALUES, 10]
    assert [value for line in lines for value in line["tick_rows"]] == list(range(MOST_VALUES + 10))


@pytest.mark.parametrize(("name", "labels"), [("agent_status", {}), ("tick_rows", {"task_id": "t"})])
def test_wrong_labels_are_a_mistake(name: str, labels: dict[str, str]) -> None:
    with pytest.raises(AssertionError, match=f"{name} has labels"):
        emf().count(name, 1, **labels)


def test_an_unknown_metric_is_a_mistake() -> None:
    with pytest.raises(KeyError):
        emf().count("made_up_total")


def test_the_table_names_each_metric_once_and_by_its_kind() -> None:
    assert len(METRIC_BY_NAME) == len(METRICS)
    for metric in METRICS:
        assert re.fullmatch(r"[a-z]+(_[a-z]+)*", metric.name)
        assert metric.help
        assert metric.name.endswith("_total") == (metric.kind is Kind.COUNTER)
        assert metric.name.endswith("_ms") == (metric.unit == "Milliseconds")
        assert (
            set(metric.dimensions) <= set(metric.labels) <= LABELS | ({"rank", "agent"} & set(metric.labels))
        )
        assert set(metric.dimensions) <= LABELS
        assert metric.in_cloudwatch or metric.origin is not Origin.STREAM


def test_the_log_is_json_lines_that_name_the_service() -> None:
    log = telemetry.logger()
    handler = log.registered_handler  # made with whatever stdout was when the process first logged
    assert isinstance(handler, logging.StreamHandler)
    written = io.StringIO()
    before, handler.stream = handler.stream, written  # setStream would flush one that is closed by now
    try:
        log.warning("told", extra={"message_id": "m"})
    finally:
        handler.stream = before
    line = json.loads(written.getvalue().splitlines()[-1])
    assert (line["message"], line["service"], line["message_id"], line["level"]) == (
        "told",
        "ains",
        "m",
        "WARNING",
    )
