"""Dashboards and alarms as packaged: what they name is part of the stack."""

import json
import re
from typing import Any

import pytest
import yaml

from infra.dashboards.alarms import TIMEOUT_MS
from infra.package import MONITORING

pytestmark = pytest.mark.slow  # the first test of a run packages the template

REFERENCE = re.compile(r"\$\{([A-Za-z]+)(?:\.[A-Za-z]+)?\}")


def _texts(node: Any) -> list[str]:
    if isinstance(node, dict):
        return [text for value in node.values() for text in _texts(value)]
    if isinstance(node, list):
        return [text for value in node for text in _texts(value)]
    return [node] if isinstance(node, str) else []


def test_dashboards_and_alarms_are_deployed_with_the_rest(template: dict[str, Any]) -> None:
    monitoring = yaml.safe_load(MONITORING.read_text())
    for section, entries in monitoring.items():
        for name, entry in entries.items():
            assert template[section][name] == entry


def test_every_resource_that_a_widget_or_an_alarm_names_exists(template: dict[str, Any]) -> None:
    monitoring = yaml.safe_load(MONITORING.read_text())["Resources"]
    named = {name for text in _texts(monitoring) for name in REFERENCE.findall(text)}
    assert {"Stats", "WorkQueue", "TasksTable"} <= named
    assert named - {"Stage"} <= set(template["Resources"])


def test_the_gateways_metrics_are_found_under_the_name_and_stage_of_the_api(template: dict[str, Any]) -> None:
    api = template["Resources"]["RestAPI"]["Properties"]
    assert api["DefinitionBody"]["info"]["title"] == {"Fn::Sub": "ains-${Stage}"}
    assert api["StageName"] == "api"


def test_the_alarms_know_how_long_a_function_may_take(made: dict[str, dict[str, Any]]) -> None:
    assert {name: made[name]["Properties"]["Timeout"] * 1_000 for name in TIMEOUT_MS} == TIMEOUT_MS


def _rows() -> list[list[Any]]:
    """Of all lines of all widgets."""
    monitoring = yaml.safe_load(MONITORING.read_text())["Resources"].values()
    bodies = [
        json.loads(resource["Properties"]["DashboardBody"]["Fn::Sub"])
        for resource in monitoring
        if resource["Type"] == "AWS::CloudWatch::Dashboard"
    ]
    return [row for body in bodies for widget in body["widgets"] for row in widget["properties"]["metrics"]]


@pytest.mark.parametrize("metric", ["ConsumedReadCapacityUnits", "ConsumedWriteCapacityUnits"])
def test_the_cost_of_every_table_is_shown(metric: str, made: dict[str, dict[str, Any]]) -> None:
    tables = sorted(name for name, r in made.items() if r["Type"] == "AWS::DynamoDB::Table")
    shown = [row[3] for row in _rows() if row[:3] == ["AWS/DynamoDB", metric, "TableName"]]
    assert sorted(shown) == [f"${{{name}}}" for name in tables]


def test_the_age_of_records_is_asked_of_those_who_read_a_stream(made: dict[str, dict[str, Any]]) -> None:
    """Lambda has this metric of no other function."""
    mappings = [r["Properties"] for r in made.values() if r["Type"] == "AWS::Lambda::EventSourceMapping"]
    readers = {m["FunctionName"]["Ref"] for m in mappings if "StartingPosition" in m}
    alarms = yaml.safe_load(MONITORING.read_text())["Resources"].values()
    watched = [a["Properties"] for a in alarms if a["Properties"].get("MetricName") == "IteratorAge"]
    assert {a["Dimensions"][0]["Value"]["Fn::Sub"] for a in watched} == {f"${{{name}}}" for name in readers}
    assert {row[3] for row in _rows() if row[1] == "IteratorAge"} == {f"${{{name}}}" for name in readers}
