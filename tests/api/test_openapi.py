"""The published document says what the app does."""

import json
from urllib.parse import urlsplit

from openapi_spec_validator import OpenAPIV31SpecValidator

from chalicelib.api.caller import Auth
from chalicelib.api.create_app import OPERATIONS, create_app
from chalicelib.api.tasks import SUBMIT_HEADERS
from tests.gateway import event

from .requests import TASK


def test_the_document_is_valid_openapi(api):
    answer = api.get("/openapi.json")
    assert answer.status == 200
    OpenAPIV31SpecValidator(answer.body).validate()
    assert answer.body["info"]["version"] == "1.2.3"


def test_table_document_and_routes_are_the_same(api):
    table = {(operation.method, operation.path) for operation in OPERATIONS}
    paths = api.get("/openapi.json").body["paths"]
    assert {(m.upper(), path) for path, methods in paths.items() for m in methods} == table
    routes = {
        (method, path)
        for path, entries in api.app.routes.items()
        for method, entry in entries.items()
        if entry.view_name != "refuse"
    }
    assert routes == table
    assert len({operation.name for operation in OPERATIONS}) == len(OPERATIONS)


def test_every_path_takes_every_method_so_that_none_is_left_to_the_gateway(api):
    for entries in api.app.routes.values():
        assert set(entries) == {"DELETE", "GET", "PATCH", "POST", "PUT"}


def test_the_variables_of_one_level_have_one_name(api):
    """API Gateway refuses siblings whose variables are named differently."""
    names = {}
    for path in api.app.routes:
        steps = path.split("/")
        for depth, step in enumerate(steps):
            if step.startswith("{"):
                assert names.setdefault("/".join(steps[:depth]), step) == step


def test_the_document_names_fields_as_clients_send_them(api):
    described = api.get("/openapi.json").body
    schemas = described["components"]["schemas"]
    submission = schemas["TaskSubmission"]
    assert sorted(submission["required"]) == ["capability_required", "client_id", "task_type"]
    assert submission["additionalProperties"] is False
    assert submission["properties"]["not_before"]["anyOf"][0] == {"type": "string", "format": "date-time"}
    assert {"$ref": "#/components/schemas/CapabilityFields"} in schemas["Registration"]["properties"][
        "capabilities"
    ]["items"]["anyOf"]
    post = described["paths"]["/aitp/tasks"]["post"]
    assert [parameter["name"] for parameter in post["parameters"]] == list(SUBMIT_HEADERS)
    assert described["paths"]["/health"]["get"]["security"] == []


def test_no_schema_is_named_after_a_module(api):
    schemas = api.get("/openapi.json").body["components"]["schemas"]
    assert [name for name in schemas if not name.isalnum()] == []


def test_each_operation_names_the_refusals_that_it_has(api):
    """Every answer in these tests is held to them: see tests/gateway.py."""
    paths = api.get("/openapi.json").body["paths"]
    assert list(paths["/health"]["get"]["responses"]) == ["200", "400", "429", "500"]
    assert "409" not in paths["/aitp/tasks"]["get"]["responses"]
    assert "422" in paths["/aitp/tasks"]["post"]["responses"]
    assert "422" not in paths["/aitp/tasks/{task_id}/status"]["put"]["responses"]


def test_the_document_is_one_the_browser_can_read(api):
    assert len(json.dumps(api.get("/openapi.json").body)) < 200_000


def test_behind_a_stage_a_location_holds_the_stage(here):
    """API Gateway serves below /<stage>, and says so in the request's context."""
    app = create_app(lambda: here.use_cases, auth=Auth(open_mode=True), version="1")
    sent = event("POST", urlsplit("/aitp/tasks"), "/aitp/tasks", {}, TASK, {})
    sent["requestContext"] |= {
        "domainName": "abc.execute-api.eu-west-1.amazonaws.com",
        "path": "/api/aitp/tasks",
    }
    assert app(sent, None)["headers"]["Location"].startswith("/api/aitp/tasks/task-")
