"""The packaged template, deployed as it is to an emulated AWS."""

import hashlib
import json
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from ssl import create_default_context
from typing import Any, NamedTuple
from urllib.error import HTTPError

import yaml
from botocore.exceptions import ClientError

from infra.package import CODE, TEMPLATE
from tests.deployed.emulated_aws import EmulatedAws

STACK = "ains"
BUCKET = "artifacts"
UPLOADS = 5
NOT_EMULATED = {"AWS::CloudWatch::CompositeAlarm"}  # MiniStack would undo the whole stack
BATCHES = "BatchesAsTheEmulatorNamesThem"
FUNCTIONS = ("APIHandler", "Stats", "Tick", "Work")


class Answer(NamedTuple):
    """Of the API."""

    status: int
    content_type: str
    body: Any


@dataclass(frozen=True)
class Deployment:
    """A stack that was created: the base URL of its API, its admin's key and what it put out."""

    aws: EmulatedAws
    url: str
    admin_key: str
    outputs: dict[str, str]

    def call(self, method: str, path: str, body: Any = None, *, key: str | None = None) -> Answer:
        """One request with the given key, or none."""
        headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {key}"} if key else {})
        sent = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, method=method, headers=headers, data=sent)
        trusting = create_default_context(cafile=str(self.aws.certificate))
        try:
            answer = urllib.request.urlopen(request, context=trusting, timeout=30)
        except HTTPError as refused:
            answer = refused
        with answer:
            kind, text = answer.headers["Content-Type"], answer.read().decode()
            return Answer(answer.status, kind, json.loads(text) if kind.endswith("json") else text)

    def answered(self, method: str, path: str, body: Any = None, *, status: int = 200) -> Any:
        """What the admin is answered, which has to be of that status."""
        answer = self.call(method, path, body, key=self.admin_key)
        assert answer.status == status, f"{method} {path}: {answer}"
        return answer.body

    def got(self, path: str) -> Any:
        return self.answered("GET", path)

    def made(self, path: str, **fields: Any) -> Any:
        return self.answered("POST", path, fields, status=201)

    def configuration(self, function: str) -> dict[str, Any]:
        """How Lambda was told to run the function of a logical id."""
        formation = self.aws.client("cloudformation")
        found = formation.describe_stack_resource(StackName=STACK, LogicalResourceId=function)
        name = found["StackResourceDetail"]["PhysicalResourceId"]
        return dict(self.aws.client("lambda").get_function_configuration(FunctionName=name))

    def log_lines(self) -> Iterator[str]:
        """What the functions wrote."""
        logs = self.aws.client("logs")
        for group in logs.describe_log_groups()["logGroups"]:
            for page in logs.get_paginator("filter_log_events").paginate(logGroupName=group["logGroupName"]):
                yield from (event["message"] for event in page["events"])

    def role(self, function: str) -> str:
        """The name of the role of a function of a logical id."""
        return str(self.configuration(function)["Role"]).rpartition("/")[2]


def deploy(aws: EmulatedAws, packaged: Path, *, admin_key: str) -> Deployment:
    """What `aws cloudformation package` and `deploy` do. RuntimeError with the reasons if it fails."""
    aws.client("s3").create_bucket(Bucket=BUCKET)
    _upload(aws, CODE, (packaged / CODE).read_bytes())
    template = yaml.safe_load((packaged / TEMPLATE).read_text())
    for name in [n for n, r in template["Resources"].items() if r["Type"] in NOT_EMULATED]:
        del template["Resources"][name]
    uploaded = yaml.safe_dump(template).replace(f"./{CODE}", f"s3://{BUCKET}/{CODE}")
    _upload(aws, TEMPLATE, uploaded.encode())
    outputs = _create_stack(aws, hashlib.sha256(admin_key.encode()).hexdigest())
    gateway = template["Resources"]["RestAPI"]["Properties"]
    _add_gateway_responses(aws, outputs["RestAPIId"], gateway)
    path = f"/restapis/{outputs['RestAPIId']}/{gateway['StageName']}/_user_request_"
    deployment = Deployment(aws, aws.url + path, admin_key, outputs)
    for function in FUNCTIONS:
        _allow_batches(aws, deployment.role(function))
    return deployment


def _upload(aws: EmulatedAws, key: str, body: bytes) -> None:
    """Each try on a connection of its own.

    The emulator's HTTP server now and then answers 431 to a large body that follows another request on a kept
    connection: it counts what comes before it is ready as header.
    """
    for attempt in range(UPLOADS):
        try:
            aws.client("s3").put_object(Bucket=BUCKET, Key=key, Body=body)
        except ClientError as refused:
            if refused.response["Error"]["Code"] != "431" or attempt + 1 == UPLOADS:
                raise
        else:
            return


def _create_stack(aws: EmulatedAws, admin_key_sha256: str) -> dict[str, str]:
    formation = aws.client("cloudformation")
    formation.create_stack(
        StackName=STACK,
        TemplateURL=f"{aws.url}/{BUCKET}/{TEMPLATE}",
        Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
        Parameters=[{"ParameterKey": "AdminKeySha256", "ParameterValue": admin_key_sha256}],
    )
    deadline = time.monotonic() + 120
    while (stack := formation.describe_stacks(StackName=STACK)["Stacks"][0])["StackStatus"].endswith(
        "PROGRESS"
    ):
        if time.monotonic() > deadline:
            raise RuntimeError("the stack was not created within two minutes")
        time.sleep(0.1)
    if stack["StackStatus"] != "CREATE_COMPLETE":
        events = formation.describe_stack_events(StackName=STACK)["StackEvents"]
        reasons = [
            f"{e['LogicalResourceId']}: {e['ResourceStatusReason']}"
            for e in events
            if "ResourceStatusReason" in e
        ]
        raise RuntimeError(f"{stack['StackStatus']}: {reasons}")
    return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}


def _add_gateway_responses(aws: EmulatedAws, api_id: str, api: dict[str, Any]) -> None:
    """MiniStack runs customised gateway responses, but its import of an API's body passes over them."""
    gateway = aws.client("apigateway")
    for kind, response in api["GatewayResponses"].items():
        headers = response["ResponseParameters"]["Headers"]
        gateway.put_gateway_response(
            restApiId=api_id,
            responseType=kind,
            statusCode=str(response["StatusCode"]),
            responseParameters={f"gatewayresponse.header.{name}": value for name, value in headers.items()},
            responseTemplates=response["ResponseTemplates"],
        )
    gateway.create_deployment(restApiId=api_id, stageName=api["StageName"])


def _allow_batches(aws: EmulatedAws, role: str) -> None:
    """On AWS whoever may send a message may send ten at once; MiniStack asks for a right of its own."""
    iam = aws.client("iam")
    (name,) = iam.list_role_policies(RoleName=role)["PolicyNames"]
    statements = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]["Statement"]
    batches = [
        s | {"Action": ["sqs:SendMessageBatch"]} for s in statements if "sqs:SendMessage" in s["Action"]
    ]
    if batches:
        document = json.dumps({"Version": "2012-10-17", "Statement": batches})
        iam.put_role_policy(RoleName=role, PolicyName=BATCHES, PolicyDocument=document)
