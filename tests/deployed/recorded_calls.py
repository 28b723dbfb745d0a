"""What each function really asked of AWS, in the words of its policy, and what that policy allows."""

import hashlib
import json
from collections.abc import Iterator
from typing import Any

from tests.deployed.deployment import BATCHES, Deployment

Grant = tuple[str, str]
"""(action, what it is for: `table/NAME`, `table/NAME/index/NAME` or a queue), agents' own queues as one"""

ACTION_BY_TRANSACT_ITEM = {
    "ConditionCheck": "dynamodb:ConditionCheckItem",
    "Delete": "dynamodb:DeleteItem",
    "Get": "dynamodb:GetItem",
    "Put": "dynamodb:PutItem",
    "Update": "dynamodb:UpdateItem",
}


def granted(deployment: Deployment, function: str) -> set[Grant]:
    """What the deployed role of a function allows."""
    iam = deployment.aws.client("iam")
    role = deployment.role(function)
    (name,) = set(iam.list_role_policies(RoleName=role)["PolicyNames"]) - {BATCHES}
    statements = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]["Statement"]
    return {
        (action, resource.rpartition(":")[2])
        for statement in statements
        if statement["Effect"] == "Allow"
        for action in statement["Action"]
        for resource in statement["Resource"]
    }


def used(deployment: Deployment, function: str) -> set[Grant]:
    """What a function was recorded to do."""
    return {grant for call in _calls(deployment, function) for grant in _grants(call)}


def _calls(deployment: Deployment, function: str) -> Iterator[dict[str, Any]]:
    """All recorded calls with a function's credentials, newest first.

    MiniStack knows no NextToken, so pages are cut by time, which botocore would send in whole seconds.
    """
    trail = deployment.aws.client("cloudtrail")
    until: dict[str, float] = {}

    def cut_exactly(params: dict[str, Any], **_: Any) -> None:
        params["body"] = json.dumps(json.loads(params["body"]) | until).encode()

    trail.meta.events.register("before-call.cloudtrail.LookupEvents", cut_exactly)
    attributes = [{"AttributeKey": "AccessKeyId", "AttributeValue": _access_key(deployment, function)}]
    seen: set[str] = set()
    while True:
        page = trail.lookup_events(LookupAttributes=attributes)["Events"]
        fresh = [event for event in page if event["EventId"] not in seen]
        if not fresh:
            return
        yield from (json.loads(event["CloudTrailEvent"]) for event in fresh)
        seen.update(event["EventId"] for event in fresh)
        until["EndTime"] = min(event["EventTime"].timestamp() for event in fresh)


def _access_key(deployment: Deployment, function: str) -> str:
    """MiniStack names a function's session by a hash of the function and its role."""
    configuration = deployment.configuration(function)
    identity = f"{configuration['FunctionArn']}:{configuration['Role']}"
    return f"ASIA{hashlib.sha256(identity.encode()).hexdigest()[:16].upper()}"


def _grants(call: dict[str, Any]) -> Iterator[Grant]:
    service = call["eventSource"].partition(".")[0]
    name, asked = call["eventName"], call["requestParameters"] or {}
    if service == "sqs":
        yield f"sqs:{name.removesuffix('Batch')}", _queue(asked)
    elif name.startswith("Transact"):
        for item in asked["TransactItems"]:
            ((kind, detail),) = item.items()
            yield ACTION_BY_TRANSACT_ITEM[kind], f"table/{detail['TableName']}"
    elif name.startswith("Batch"):
        yield from ((f"dynamodb:{name}", f"table/{table}") for table in asked["RequestItems"])
    else:
        index = f"/index/{asked['IndexName']}" if "IndexName" in asked else ""
        yield f"{service}:{name}", f"table/{asked['TableName']}{index}"


def _queue(asked: dict[str, Any]) -> str:
    name = asked.get("QueueName") or asked["QueueUrl"].rpartition("/")[2]
    stem, agents, _ = name.partition("-assignments-")
    return f"{stem}{agents}*" if agents else name
