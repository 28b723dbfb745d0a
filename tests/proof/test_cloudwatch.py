"""No widget and no alarm looks at a series that nobody emits, and nothing is emitted that nobody sees."""

import json
import re
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
import yaml

from chalicelib.api.create_app import OPERATIONS
from chalicelib.api.errors import CRASH, KINDS
from chalicelib.domain.agent import AgentStatus
from chalicelib.telemetry import METRICS, NAMESPACE, SERVICE, VALUES, EmfMetrics, Tally
from infra.dashboards.series import ours
from tests.e2e.processes import ROOT
from tests.fakes import FakeMetrics
from tests.proof.everything import STAGE, Seen, emitted

MOST_SERIES = 60
OF_AWS = {  # AWS' own metrics, and the dimensions they have
    "AWS/ApiGateway": ({"Count", "Latency", "4XXError", "5XXError"}, {"ApiName", "Stage"}),
    "AWS/Lambda": (
        {"Errors", "Throttles", "Duration", "Invocations", "ConcurrentExecutions", "IteratorAge"},
        {"FunctionName"},
    ),
    "AWS/SQS": ({"ApproximateNumberOfMessagesVisible"}, {"QueueName"}),
    "AWS/DynamoDB": (
        {
            "ConsumedReadCapacityUnits",
            "ConsumedWriteCapacityUnits",
            "ReadThrottleEvents",
            "WriteThrottleEvents",
        },
        {"TableName"},
    ),
}
UNPLOTTED: dict[str, str] = {}  # a metric that no widget shows, and why
Resources = dict[str, dict[str, Any]]
Series = tuple[str, str, dict[str, str]]


@pytest.fixture(scope="module")
def seen() -> Seen:
    return emitted()


@pytest.fixture
def resources() -> Resources:
    return yaml.safe_load((ROOT / "infra/monitoring.yaml").read_text())["Resources"]


def _text(value: Any) -> str:
    return str(value["Fn::Sub"] if isinstance(value, dict) else value).replace("${Stage}", STAGE)


def plotted(resources: Resources) -> Iterator[Series]:
    """Of every line of every widget."""
    for resource in resources.values():
        if resource["Type"] == "AWS::CloudWatch::Dashboard":
            for widget in json.loads(_text(resource["Properties"]["DashboardBody"]))["widgets"]:
                for namespace, name, *flat, _options in widget["properties"]["metrics"]:
                    yield namespace, name, dict(zip(flat[::2], flat[1::2], strict=True))


def watched(resources: Resources) -> Iterator[Series]:
    """Of every alarm."""
    for alarm in alarms(resources).values():
        dimensions = {d["Name"]: _text(d["Value"]) for d in alarm["Dimensions"]}
        yield alarm["Namespace"], alarm["MetricName"], dimensions


def alarms(resources: Resources) -> dict[str, dict[str, Any]]:
    return {n: r["Properties"] for n, r in resources.items() if r["Type"] == "AWS::CloudWatch::Alarm"}


def unknown(series: Iterator[Series], seen: Seen) -> list[Series]:
    """Those of the table that were not seen, and those of AWS that are not on the list."""
    return [each for each in series if not _is_known(*each, seen)]


def _is_known(namespace: str, name: str, dimensions: dict[str, str], seen: Seen) -> bool:
    if namespace == NAMESPACE:
        return (namespace, name, frozenset(dimensions.items())) in seen
    names, wanted = OF_AWS.get(namespace, (set(), set()))
    return name in names and set(dimensions) == wanted


def test_everything_that_may_be_counted_was_seen(seen: Seen) -> None:
    assert {name for _, name, _ in seen} == {metric.name for metric in METRICS if metric.in_cloudwatch}


def possible() -> Seen:
    """Every series that can ever be emitted: each metric under each combination of its dimensions' values."""
    stage = frozenset({("service", SERVICE), ("stage", STAGE)})
    return frozenset(
        (NAMESPACE, metric.name, stage | set(own)) for metric in METRICS for own in metric.series()
    )


def test_a_stage_can_never_be_billed_for_many_series() -> None:
    """A count of what one scenario emits would prove little: another might emit more. What counts are the
    values that the table allows. Nothing else passes: who counts for CloudWatch, for /metrics or, in all the
    tests, for FakeMetrics is held to the table by Metric.check, so a series beyond these fails where it is
    counted."""
    assert len(possible()) <= MOST_SERIES


def test_what_can_be_emitted_was_emitted_and_nothing_else(seen: Seen) -> None:
    assert seen == possible()


def test_the_values_of_a_dimension_are_those_that_there_are() -> None:
    assert set(VALUES) == {name for metric in METRICS for name in metric.dimensions}
    assert VALUES["status"] == tuple(AgentStatus)
    statuses = {status for op in OPERATIONS for status in op.statuses} | {
        kind.status for kind in KINDS.values()
    }
    assert {f"{status // 100}xx" for status in {*statuses, CRASH.status}} == set(VALUES["outcome"])


@pytest.mark.parametrize(
    ("name", "labels"),
    [
        ("agent_status", {"status": "agent-1"}),
        ("http_requests_total", {"route": "GET /health", "outcome": "200"}),
        ("tasks_created_total", {"task_id": "task-1"}),
    ],
)
@pytest.mark.parametrize("metrics", [EmfMetrics(STAGE, lambda: 0), Tally(), FakeMetrics()], ids=type)
def test_another_value_or_label_is_refused_by_whoever_counts(
    name: str, labels: dict[str, str], metrics: Any
) -> None:
    with pytest.raises(AssertionError, match=name):
        metrics.count(name, 1, **labels)


def test_every_line_of_every_widget_is_a_series_that_is_emitted(resources: Resources, seen: Seen) -> None:
    assert unknown(plotted(resources), seen) == []


def test_every_alarm_looks_at_a_series_that_is_emitted(resources: Resources, seen: Seen) -> None:
    assert unknown(watched(resources), seen) == []


def test_every_series_that_is_emitted_is_plotted(resources: Resources, seen: Seen) -> None:
    shown = {(name, frozenset(dimensions.items())) for _, name, dimensions in plotted(resources)}
    hidden = {name for _, name, dimensions in seen if (name, dimensions) not in shown}
    assert hidden == set(UNPLOTTED)


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        ("tasks_created_total", "tasks_created_totals"),  # a name
        (f'"stage","{STAGE}"', f'"stages","{STAGE}"'),  # a dimension
        ('"status","ACTIVE"', '"status","ALIVE"'),  # a dimension's value
        ("ConsumedWriteCapacityUnits", "WriteCapacityUnits"),  # a name of AWS'
        ('"QueueName"', '"Queue"'),  # a dimension of AWS'
    ],
)
def test_a_widget_that_is_changed_is_found_out(
    was: str, becomes: str, resources: Resources, seen: Seen
) -> None:
    for dashboard in ("HttpDashboard", "TasksDashboard"):
        body = resources[dashboard]["Properties"]["DashboardBody"]
        body["Fn::Sub"] = body["Fn::Sub"].replace("${Stage}", STAGE).replace(was, becomes)
    assert unknown(plotted(resources), seen) != []


def test_an_alarm_that_is_changed_is_found_out(resources: Resources, seen: Seen) -> None:
    for name, alarm in alarms(resources).items():
        for part, changed in (
            ("MetricName", alarm["MetricName"] + "s"),
            ("Dimensions", [*alarm["Dimensions"], {"Name": "task_id", "Value": "t"}]),
            ("Dimensions", alarm["Dimensions"][1:]),
        ):
            copy = deepcopy({name: resources[name]})
            copy[name]["Properties"][part] = changed
            assert unknown(watched(copy), seen) != [], (name, part)


def test_a_series_of_ours_has_its_dimensions_or_is_none() -> None:
    with pytest.raises(ValueError, match="agent_status has the dimensions"):
        ours("agent_status", "Sum")
    with pytest.raises(ValueError, match="http_connections_active"):
        ours("http_connections_active", "Sum")
    with pytest.raises(KeyError):
        ours("made_up_total", "Sum")


def test_each_alarm_says_what_missing_data_means_and_what_to_do(resources: Resources) -> None:
    for name, alarm in alarms(resources).items():
        assert alarm["TreatMissingData"] in ("notBreaching", "breaching"), name
        (runbook,) = re.findall(r"docs/runbooks/[a-z-]+\.md", alarm["AlarmDescription"])
        assert (ROOT / runbook).exists()
        assert alarm["DatapointsToAlarm"] <= alarm["EvaluationPeriods"]
    assert alarms(resources)["TickMissingAlarm"]["TreatMissingData"] == "breaching"


def test_one_alarm_pages_for_the_urgent_and_only_when_there_is_a_pager(resources: Resources) -> None:
    page = resources["PageAlarm"]
    assert page["Type"] == "AWS::CloudWatch::CompositeAlarm"
    named = set(re.findall(r'ALARM\("([^"]+)"\)', page["Properties"]["AlarmRule"]["Fn::Sub"]))
    names = {a["AlarmName"]["Fn::Sub"]: n for n, a in alarms(resources).items()}
    assert {names[name] for name in named} == set(page["DependsOn"])
    assert {"TickMissingAlarm", "ServerErrorsAlarm"} <= set(page["DependsOn"]) < set(alarms(resources))
    assert page["Properties"]["AlarmActions"]["Fn::If"][0] == "HasPager"
    assert not [name for name, alarm in alarms(resources).items() if "AlarmActions" in alarm]
