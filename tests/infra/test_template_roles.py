"""One role per function, each with named actions on named resources and nothing else."""

from typing import Any

import pytest

pytestmark = pytest.mark.slow  # the first test of a run packages the template

Resources = dict[str, dict[str, Any]]
ROLE_BY_FUNCTION = {
    "APIHandler": "ApiHandlerRole",
    "Stats": "StatsRole",
    "Tick": "TickRole",
    "Work": "WorkRole",
}
LOGS_BY_FUNCTION = {function: f"{function}Logs" for function in ROLE_BY_FUNCTION}
# Agents' own queues are made at registration, so only the beginning of their names is known.
AGENT_QUEUES = "arn:${AWS::Partition}:sqs:${AWS::Region}:${AWS::AccountId}:ains-${Stage}-assignments-*"
# X-Ray knows no resources to name: the two actions that send a trace are granted on all, or not at all.
TRACING = {("xray:PutTraceSegments", "*"), ("xray:PutTelemetryRecords", "*")}


def _statements(made: Resources, role: str) -> list[dict[str, Any]]:
    (policy,) = made[role]["Properties"]["Policies"]
    return policy["PolicyDocument"]["Statement"]


def _grants(made: Resources, role: str) -> list[tuple[str, str]]:
    """(action, resource) of every permission, a resource being its ARN's logical id or its pattern."""
    return [
        (action, _resource(resource))
        for statement in _statements(made, role)
        if statement["Effect"] == "Allow"
        for action in statement["Action"]
        for resource in statement["Resource"]
    ]


def _granted(made: Resources, action: str) -> dict[str, set[str]]:
    """Resources by role, of one action."""
    by_role = {role: {r for a, r in _grants(made, role) if a == action} for role in ROLE_BY_FUNCTION.values()}
    return {role: resources for role, resources in by_role.items() if resources}


def _resource(resource: dict[str, Any] | str) -> str:
    if isinstance(resource, str):
        return resource
    (form,) = resource
    return resource[form][0] if form == "Fn::GetAtt" else resource[form]


def test_each_function_has_a_role_of_its_own(made: Resources) -> None:
    roles = {name for name, r in made.items() if r["Type"] == "AWS::IAM::Role"}
    assert roles == set(ROLE_BY_FUNCTION.values())
    used = {name: made[name]["Properties"]["Role"]["Fn::GetAtt"][0] for name in ROLE_BY_FUNCTION}
    assert used == ROLE_BY_FUNCTION


def test_nothing_else_grants_anything(made: Resources) -> None:
    granting = {r["Type"] for r in made.values() if "Policy" in r["Type"]}
    assert granting == {"AWS::SQS::QueuePolicy"}  # and that one only denies
    assert not [role for role in ROLE_BY_FUNCTION.values() if "ManagedPolicyArns" in made[role]["Properties"]]


@pytest.mark.parametrize("role", ROLE_BY_FUNCTION.values())
def test_only_lambda_may_take_a_role(role: str, made: Resources) -> None:
    (statement,) = made[role]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Principal"] == {"Service": "lambda.amazonaws.com"}


@pytest.mark.parametrize("role", ROLE_BY_FUNCTION.values())
def test_actions_are_named_and_so_are_resources(role: str, made: Resources) -> None:
    grants = set(_grants(made, role))
    assert grants > TRACING
    grants -= TRACING
    assert not [action for action, _ in grants if "*" in action]
    assert {resource for _, resource in grants if "*" in resource} <= {AGENT_QUEUES}


@pytest.mark.parametrize("role", ROLE_BY_FUNCTION.values())
def test_every_named_resource_belongs_to_the_stack(role: str, made: Resources) -> None:
    named = {resource for _, resource in set(_grants(made, role)) - TRACING} - {AGENT_QUEUES}
    for resource in named:
        logical, _, index = resource.removeprefix("${").partition(".Arn}/index/")
        assert logical in made
        if index:
            indexes = made[logical]["Properties"]["GlobalSecondaryIndexes"]
            assert index in [entry["IndexName"] for entry in indexes]


@pytest.mark.parametrize("role", ROLE_BY_FUNCTION.values())
def test_nothing_is_granted_twice(role: str, made: Resources) -> None:
    grants = _grants(made, role)
    assert len(grants) == len(set(grants))


@pytest.mark.parametrize("role", ROLE_BY_FUNCTION.values())
def test_no_function_may_drop_a_table_or_change_one(role: str, made: Resources) -> None:
    tables = {name for name, r in made.items() if r["Type"] == "AWS::DynamoDB::Table"}
    denied = [s for s in _statements(made, role) if s["Effect"] == "Deny"]
    assert [s["Action"] for s in denied] == [["dynamodb:DeleteTable"]]
    assert {_resource(resource) for resource in denied[0]["Resource"]} == tables
    assert not [action for action, _ in _grants(made, role) if action.endswith("Table")]


def test_tables_are_scanned_for_unanchored_lists_and_bounded_gauges_only(made: Resources) -> None:
    queue = "${TasksTable.Arn}/index/queue"
    assert _granted(made, "dynamodb:Scan") == {
        "ApiHandlerRole": {"AgentsTable", "TasksTable", "SchedulesTable", queue},
        "TickRole": {"AgentsTable", queue},
    }


def test_only_the_consumer_takes_messages(made: Resources) -> None:
    assert _granted(made, "sqs:ReceiveMessage") == {"WorkRole": {"WorkQueue"}}


def _written(made: Resources, role: str) -> set[str]:
    writes = ("PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem")
    return {resource for action, resource in _grants(made, role) if action.endswith(writes)}


def test_the_tick_writes_nothing_but_that_it_ticked_and_what_it_saw(made: Resources) -> None:
    assert _written(made, "TickRole") == {"TicksTable", "StatsTable"}


def test_only_the_counter_reads_the_stream_of_the_tasks_and_it_only_counts_and_forgets(
    made: Resources,
) -> None:
    assert _granted(made, "dynamodb:GetRecords") == {"StatsRole": {"TasksTable"}}
    assert _written(made, "StatsRole") == {"StatsTable", "PayloadsTable"}


@pytest.mark.parametrize("function", ROLE_BY_FUNCTION)
def test_a_function_writes_its_own_log_only(function: str, made: Resources) -> None:
    logs = [grant for grant in _grants(made, ROLE_BY_FUNCTION[function]) if grant[0].startswith("logs:")]
    group = LOGS_BY_FUNCTION[function]
    assert sorted(logs) == [("logs:CreateLogStream", group), ("logs:PutLogEvents", group)]
