"""Refusals: one shape for all of them."""

import json
import logging

import pytest

from chalicelib.api.caller import Auth
from chalicelib.api.create_app import METHODS, OPERATIONS, create_app
from chalicelib.api.errors import CRASH, kind_of, problem
from chalicelib.domain import errors
from chalicelib.domain.errors import FieldError, Invalid

from .conftest import Api


def _tree(error):
    return {error}.union(*(_tree(child) for child in error.__subclasses__()))


@pytest.mark.parametrize(
    "error", sorted(_tree(errors.DomainError) - {errors.DomainError}, key=lambda e: e.__name__)
)
def test_no_error_of_the_domain_is_taken_for_a_crash(error):
    kind = kind_of(error.__new__(error))
    assert kind is not CRASH
    assert 400 <= kind.status < 500


@pytest.mark.parametrize("path", sorted({operation.path for operation in OPERATIONS}))
def test_every_path_says_which_methods_it_has(api, path):
    offered = sorted(operation.method for operation in OPERATIONS if operation.path == path)
    for method in set(METHODS) - set(offered):
        refused = api.call(method, path.replace("{", "").replace("}", ""))
        assert refused.status == 405
        assert refused.headers["Allow"] == ", ".join(offered)
        assert refused.headers["Content-Type"] == "application/problem+json"
        assert refused.body["detail"].startswith(f"{method} is not offered here")


def test_a_refusal_tells_all_that_is_wrong_and_spells_out_the_first(api):
    refused = api.post("/aitp/tasks", {"priority": "5", "prioritty": 5})
    assert (refused.status, refused.body["title"]) == (400, "Invalid request")
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert refused.body["request_id"] == "request-1"
    messages = {wrong["pointer"]: wrong["message"] for wrong in refused.body["errors"]}
    assert messages == {
        "/client_id": "is required",
        "/task_type": "is required",
        "/capability_required": "is required",
        "/priority": "must be a whole number, not a string",
        "/prioritty": "is not known here; did you mean priority?",
    }
    assert refused.body["detail"].endswith("; and 2 more")


@pytest.mark.parametrize(
    ("url", "sent", "said"),
    [
        ("/aitp/tasks", {"priority": 5.0}, "must be a whole number, written without a point or an exponent"),
        ("/aitp/dead-letters/redrive", {"filter": {"capability": "a"}}, "did you mean capability_required?"),
        ("/aitp/tasks/schedule", {"dst_policy": {"when": "skip"}}, "known are gap, fold"),
        (
            "/ains/agents/a/sync",
            {"held": [{"id": "task-1"}]},
            "known are task_id, lease_token, status, progress",
        ),
        ("/aitp/tasks", {"retry_policy": {"backof_seconds": 1}}, "did you mean backoff_seconds?"),
        ("/ains/agents", {"capabilities": [{"name": "a", "versoin": "1"}]}, "did you mean version?"),
        ("/aitp/tasks/schedule/a/resume", {"limit": 1}, "leave it out"),
    ],
)
def test_a_refusal_says_what_would_be_right_within_a_field_too(api, url, sent, said):
    messages = [wrong["message"] for wrong in api.post(url, sent).body["errors"]]
    assert any(message.endswith(said) for message in messages), messages


def test_a_pointer_is_escaped_and_bounded(api):
    refused = api.post("/ains/agents/agent-1/sync", {"a/b~c": 1, "x" * 5_000: 1})
    pointers = {wrong["pointer"] for wrong in refused.body["errors"]}
    assert {"/a~1b~0c", "/" + "x" * 64} <= pointers


def test_answers_are_not_sniffed_nor_kept(api):
    for answer in (api.get("/health"), api.get("/aitp/tasks/nothing"), api.call("PATCH", "/health")):
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-store"


def test_the_content_type_of_a_request_does_not_matter(api):
    task = json.dumps({"client_id": "a", "task_type": "b", "capability_required": "c"})
    for kind in (
        "application/x-www-form-urlencoded",
        "Application/JSON",
        "text/plain",
        "application/json; charset=utf-8",
    ):
        assert api.post("/aitp/tasks", task, headers={"content-type": kind}).status == 201


def _crashing(use_cases):
    return Api(create_app(use_cases, auth=Auth(open_mode=True), version="1"))


def test_a_crash_tells_nothing_of_its_cause():
    def broken():
        raise RuntimeError("the secret is 12345")

    answer = _crashing(broken).get("/aitp/tasks/task-1")
    assert (answer.status, answer.body["type"]) == (500, "https://ains.dev/problems/internal")
    assert "12345" not in answer.text


def test_an_answer_that_is_no_json_is_a_crash_too(here):
    class Odd:
        reading = property(lambda self: self)

        def queue_stats(self, *, tenant):
            stats = here.use_cases.reading.queue_stats(tenant=tenant)
            return {**stats, "waiting": {1, 2}}

    assert _crashing(Odd).get("/aitp/queue/stats").status == 500


def test_liveness_needs_nothing_to_work():
    def broken():
        raise AssertionError("liveness looks at nothing")

    assert _crashing(broken).get("/health").body == {"status": "ok", "version": "1"}


def test_a_lost_race_says_what_to_do():
    told = problem(errors.LostRace("row a moved on"), request_id="r")
    assert told.status == 409
    assert told.body["detail"] == "row a moved on; nothing was changed, send the request again"


def test_a_few_wrong_fields_are_all_spelled_out():
    told = problem(Invalid((FieldError("/a", "is bad"), FieldError("", "all is bad"))), request_id="r")
    assert told.body["detail"] == "/a: is bad; all is bad"


def test_chalice_logs_nothing_of_its_own(api, caplog):
    with caplog.at_level(logging.DEBUG):
        api.post("/aitp/tasks", b"{bad")
    assert caplog.records == []
