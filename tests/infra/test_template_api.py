"""The gateway: one stage, our error shape where it answers by itself, no path it would refuse."""

import json
import re
from typing import Any

import pytest

pytestmark = pytest.mark.slow  # the first test of a run packages the template

Resources = dict[str, dict[str, Any]]
GATEWAY = "x-amazon-apigateway-gateway-responses"


@pytest.fixture(scope="session")
def body(made: Resources) -> dict[str, Any]:
    return made["RestAPI"]["Properties"]["Body"]


def _rendered(response: dict[str, Any]) -> dict[str, Any]:
    (text,) = response["responseTemplates"].values()
    filled = text.replace("$context.error.messageString", '"a message"').replace("$context.requestId", "id-1")
    assert "$" not in filled
    return json.loads(filled)


def test_the_api_has_one_stage_with_a_ceiling_on_requests(made: Resources) -> None:
    (stage,) = [r["Properties"] for r in made.values() if r["Type"] == "AWS::ApiGateway::Stage"]
    (setting,) = stage["MethodSettings"]
    assert (setting["HttpMethod"], setting["ResourcePath"]) == ("*", "/*")
    assert 0 < setting["ThrottlingRateLimit"] <= setting["ThrottlingBurstLimit"]
    deployments = [r["Properties"] for r in made.values() if r["Type"] == "AWS::ApiGateway::Deployment"]
    assert not [d for d in deployments if "StageName" in d]  # SAM's extra stage, literally called "Stage"


def test_traces_begin_at_the_gateway(made: Resources) -> None:
    (stage,) = [r["Properties"] for r in made.values() if r["Type"] == "AWS::ApiGateway::Stage"]
    assert stage["TracingEnabled"] is True


def test_the_endpoint_is_regional(made: Resources) -> None:
    assert made["RestAPI"]["Properties"]["EndpointConfiguration"]["Types"] == ["REGIONAL"]


def test_errors_made_by_the_gateway_have_the_shape_of_ours(body: dict[str, Any]) -> None:
    for kind, response in body[GATEWAY].items():
        problem = _rendered(response)
        assert set(problem) == {"type", "title", "status", "detail", "request_id"}, kind
        assert problem["status"] == int(response["statusCode"]), kind
        assert re.fullmatch(r"https://ains\.dev/problems/[a-z-]+", problem["type"]), kind
        content_type = response["responseParameters"]["gatewayresponse.header.Content-Type"]
        assert content_type == "'application/problem+json'", kind


def test_every_error_of_the_gateway_is_covered(body: dict[str, Any]) -> None:
    assert {"DEFAULT_4XX", "DEFAULT_5XX"} <= set(body[GATEWAY])


def test_an_unknown_path_is_not_found_rather_than_forbidden(body: dict[str, Any]) -> None:
    # An `Authorization` header that is no AWS signature turns the first kind into the second.
    for kind in ("MISSING_AUTHENTICATION_TOKEN", "INVALID_SIGNATURE", "RESOURCE_NOT_FOUND"):
        assert body[GATEWAY][kind]["statusCode"] == "404"


def test_who_is_throttled_is_told_when_to_come_back(body: dict[str, Any]) -> None:
    throttled = body[GATEWAY]["THROTTLED"]
    assert throttled["statusCode"] == "429"
    assert throttled["responseParameters"]["gatewayresponse.header.Retry-After"] == "'1'"


def test_siblings_share_the_name_of_a_variable_path_part(body: dict[str, Any]) -> None:
    # The gateway refuses the import otherwise; neither Chalice nor cfn-lint notices.
    names: dict[str, set[str]] = {}
    for path in body["paths"]:
        parts = path.split("/")
        for depth, part in enumerate(parts):
            if part.startswith("{"):
                names.setdefault("/".join(parts[:depth]), set()).add(part)
    assert not {parent: found for parent, found in names.items() if len(found) > 1}


def test_the_api_stays_within_the_gateways_count_of_resources(body: dict[str, Any]) -> None:
    nodes = {path.rsplit("/", depth)[0] for path in body["paths"] for depth in range(path.count("/"))}
    assert len(nodes) < 300


def test_every_method_is_answered_by_the_api_function(body: dict[str, Any]) -> None:
    for path, methods in body["paths"].items():
        for method, operation in methods.items():
            integration = operation["x-amazon-apigateway-integration"]
            assert integration["type"] == "aws_proxy", (path, method)
            assert "${APIHandler.Arn}" in integration["uri"]["Fn::Sub"], (path, method)
