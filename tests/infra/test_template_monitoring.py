"""Dashboards and alarms as packaged: what they name is part of the stack."""

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
