"""The four functions: their size, their time, their logs, their environment, and how the minute comes."""

import platform
from typing import Any

import pytest

from chalicelib.domain.quota import PLAIN
from infra.package import ROOT

pytestmark = pytest.mark.slow  # the first test of a run packages the template

Resources = dict[str, dict[str, Any]]
FUNCTIONS = ("APIHandler", "Stats", "Tick", "Work")


def _functions(made: Resources) -> dict[str, dict[str, Any]]:
    return {name: r["Properties"] for name, r in made.items() if r["Type"] == "AWS::Lambda::Function"}


def test_there_are_four_functions_and_they_live_in_app(made: Resources) -> None:
    handlers = {name: function["Handler"] for name, function in _functions(made).items()}
    # A handler taken from a Blueprint would name another module, and app.py would not be imported.
    assert handlers == {
        "APIHandler": "app.app",
        "Stats": "app.stats",
        "Tick": "app.tick",
        "Work": "app.work",
    }


def test_each_function_gives_up_before_whoever_waits_for_it(made: Resources) -> None:
    timeouts = {name: function["Timeout"] for name, function in _functions(made).items()}
    assert timeouts["APIHandler"] <= 29  # the gateway's own limit
    assert timeouts["Tick"] < 60  # the next tick
    assert timeouts["Work"] <= 60


def test_functions_are_not_as_slow_as_chalice_would_make_them(made: Resources) -> None:
    assert all(function["MemorySize"] >= 512 for function in _functions(made).values())


def test_code_compiled_here_runs_on_the_runtime_of_the_same_version(made: Resources) -> None:
    expected = "python" + ".".join(platform.python_version_tuple()[:2])
    assert {function["Runtime"] for function in _functions(made).values()} == {expected}


def test_young_accounts_can_deploy_it(made: Resources) -> None:
    # An account with 10 concurrent executions in all refuses any reservation.
    assert not [f for f in _functions(made).values() if "ReservedConcurrentExecutions" in f]


def test_every_function_is_traced_and_none_brings_the_sdk_for_it(made: Resources) -> None:
    assert {f["TracingConfig"]["Mode"] for f in _functions(made).values()} == {"Active"}
    shipped = (ROOT / "requirements.txt").read_text()
    assert "xray" not in shipped.lower()  # it is out of maintenance, and slow to import
    assert "tracer" not in shipped.lower()


@pytest.mark.parametrize("name", FUNCTIONS)
def test_logs_go_to_a_group_that_forgets(name: str, made: Resources) -> None:
    group = made[made[name]["Properties"]["LoggingConfig"]["LogGroup"]["Ref"]]
    suffix = {"APIHandler": "api-handler"}.get(name, name.lower())
    assert group["Type"] == "AWS::Logs::LogGroup"
    assert group["Properties"]["LogGroupName"] == {"Fn::Sub": "/aws/lambda/ains-${Stage}-" + suffix}
    assert group["Properties"]["RetentionInDays"] <= 90


def test_no_log_group_is_left_over(made: Resources) -> None:
    groups = [name for name, r in made.items() if r["Type"] == "AWS::Logs::LogGroup"]
    assert len(groups) == len(FUNCTIONS)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_environment_holds_names_quotas_and_the_hash_of_a_key_and_no_secret(
    name: str, made: Resources
) -> None:
    assert made[name]["Properties"]["Environment"]["Variables"] == {
        "AINS_STAGE": {"Ref": "Stage"},
        "AINS_WORK_QUEUE_URL": {"Ref": "WorkQueue"},
        "AINS_ADMIN_KEY_SHA256": {"Ref": "AdminKeySha256"},
        "AINS_SCHEDULES_PER_CLIENT": {"Ref": "SchedulesPerClient"},
        "AINS_SLOTS_PER_MINUTE_PER_CLIENT": {"Ref": "SlotsPerMinutePerClient"},
        "AINS_SLOTS_PER_SECOND": {"Ref": "SlotsPerSecond"},
    }


def test_a_deployed_stage_is_never_open_and_does_not_show_its_hash(template: dict[str, Any]) -> None:
    parameter = template["Parameters"]["AdminKeySha256"]
    assert (parameter["NoEcho"], parameter["Default"]) == (True, "")
    assert "AINS_OPEN_MODE" not in str(template)


def test_quotas_of_a_stage_are_those_of_the_code_unless_it_is_told_others(template: dict[str, Any]) -> None:
    names = ("SchedulesPerClient", "SlotsPerMinutePerClient", "SlotsPerSecond")
    defaults = [template["Parameters"][name]["Default"] for name in names]
    assert defaults == [PLAIN.schedules, PLAIN.slots_per_minute, PLAIN.slots_per_second]


def test_the_stage_packaged_is_the_stage_deployed(template: dict[str, Any]) -> None:
    assert template["Parameters"]["Stage"]["Default"] == "test"


def test_the_tick_comes_every_minute(made: Resources) -> None:
    (rule,) = [r["Properties"] for r in made.values() if r["Type"] == "AWS::Events::Rule"]
    (target,) = rule["Targets"]
    assert rule["ScheduleExpression"] == "rate(1 minute)"
    assert rule.get("State", "ENABLED") == "ENABLED"
    assert target["Arn"] == {"Fn::GetAtt": ["Tick", "Arn"]}


def test_a_late_tick_is_dropped_by_both_that_would_repeat_it(made: Resources) -> None:
    (rule,) = [r["Properties"] for r in made.values() if r["Type"] == "AWS::Events::Rule"]
    (invoke,) = [r["Properties"] for r in made.values() if r["Type"] == "AWS::Lambda::EventInvokeConfig"]
    promptly = {"MaximumEventAgeInSeconds": 60, "MaximumRetryAttempts": 0}
    assert rule["Targets"][0]["RetryPolicy"] == promptly
    assert invoke["FunctionName"] == {"Ref": "Tick"}
    assert {name: invoke[name] for name in promptly} == promptly


def test_the_tasks_stream_is_counted_from_its_beginning_by_shards_that_have_names(made: Resources) -> None:
    mappings = [r["Properties"] for r in made.values() if r["Type"] == "AWS::Lambda::EventSourceMapping"]
    (mapping,) = [m for m in mappings if m["FunctionName"] == {"Ref": "Stats"}]
    assert mapping["EventSourceArn"] == {"Fn::GetAtt": ["TasksTable", "StreamArn"]}
    assert mapping["StartingPosition"] == "TRIM_HORIZON"
    # Without a window Lambda does not say which shard a batch is of, and batches that come again by another
    # shard could not be told from new ones: see consumers.count.
    assert mapping["TumblingWindowInSeconds"] > 0
    assert mapping.get("ParallelizationFactor", 1) == 1
    # Given up, records would never be counted.
    assert "MaximumRetryAttempts" not in mapping
    assert "MaximumRecordAgeInSeconds" not in mapping
    stream = made["TasksTable"]["Properties"]["StreamSpecification"]
    assert stream == {"StreamViewType": "NEW_AND_OLD_IMAGES"}


def test_what_the_operator_needs_is_among_the_outputs(template: dict[str, Any]) -> None:
    outputs = template["Outputs"]
    assert {"ApiUrl", "WorkQueueUrl", "WorkDeadLettersUrl", "TasksTableName"} <= set(outputs)
    stage = template["Resources"]["RestAPI"]["Properties"]["StageName"]
    assert outputs["ApiUrl"]["Value"]["Fn::Sub"].endswith("${AWS::URLSuffix}/" + stage)
