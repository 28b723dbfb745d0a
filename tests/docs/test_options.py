"""docs/api.md: its tables are those of the published document, no field and no problem more or less."""

import json
import re
from typing import Any

import pytest

from chalicelib.api.create_app import OPERATIONS
from chalicelib.api.errors import CRASH, KINDS
from chalicelib.api.openapi import document
from chalicelib.domain.schedule import NotDue

from .pages import ROOT

PAGE = (ROOT / "docs" / "api.md").read_text()
SCHEMAS = document(OPERATIONS, version="1")["components"]["schemas"]
ROWS = [
    [cell.strip() for cell in line.strip().strip("|").split(" | ")]
    for line in PAGE.splitlines()
    if line.startswith("| `")
]
OF_TASKS_ONLY = {"expires_at", "not_before"}
OPTIONS = {row[0].strip("`"): row for row in ROWS if len(row) == 4}
NAMES = list(OPTIONS)
RETRIES = NAMES[NAMES.index("strategy") : NAMES.index("jitter") + 1]
OF_SCHEDULES = NAMES[NAMES.index("cron_expression") :]
OF_TASKS = NAMES[: NAMES.index("strategy")]
TABLES = {"TaskSubmission": OF_TASKS, "RetryPolicyFields": RETRIES, "ScheduleDefinition": OF_SCHEDULES}


def _default(schema: dict[str, Any], name: str) -> str:
    if name in schema.get("required", ()):
        return "required"
    value = schema["properties"][name]["default"]
    if isinstance(value, dict) and value:
        return {"retry_policy": "exponential", "dst_policy": "next, first"}[name]
    words = {None: "one of the two" if name in ("cron_expression", "run_at") else "none", "": "empty"}
    return words[value] if value is None or value == "" else str(value).removesuffix(".0")


def _bounds(schema: dict[str, Any]) -> dict[str, int]:
    found = dict(re.findall(r'"(minimum|maximum|maxLength|maxItems)": ([\d.]+)', json.dumps(schema)))
    return {bound: int(float(value)) for bound, value in found.items()}


@pytest.mark.parametrize(("model", "name"), [(model, name) for model in TABLES for name in TABLES[model]])
def test_each_option_has_the_default_and_the_bounds_that_are_told(model: str, name: str) -> None:
    schema = SCHEMAS[model]
    _, default, values, _ = OPTIONS[name]
    assert default.replace("`", "") == _default(schema, name)
    bounds = _bounds(schema["properties"][name])
    if "minimum" in bounds:
        assert values == f"{bounds['minimum']} to {bounds['maximum']}"
    elif values.startswith("to "):
        assert values.startswith(f"to {bounds.get('maxItems', bounds.get('maxLength'))}")


def test_no_option_is_left_out() -> None:
    assert set(OF_TASKS) == set(SCHEMAS["TaskSubmission"]["properties"])
    assert set(RETRIES) == set(SCHEMAS["RetryPolicyFields"]["properties"])
    every = set(SCHEMAS["ScheduleDefinition"]["properties"])
    assert set(OF_SCHEDULES) | (set(OF_TASKS) - OF_TASKS_ONLY) == every


def test_every_problem_is_told_with_its_status() -> None:
    told = {row[0].strip("`"): int(row[1]) for row in ROWS if len(row) == 3}
    ours = {kind.slug: kind.status for error, kind in KINDS.items() if error is not NotDue}
    gateways = {"too-many-requests": 429, "timeout": 504}
    assert told == ours | {CRASH.slug: CRASH.status} | gateways
    template = (ROOT / "infra" / "resources.yaml").read_text()
    assert all(f"problems/{slug}" in template for slug in gateways)
