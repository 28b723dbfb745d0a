"""Every refusal arrives as the class that says what the caller can do."""

import json

import pytest

from agent_client import errors
from agent_client.errors import ApiError, api_error


def problem(slug: str, **fields: object) -> bytes:
    return json.dumps({"type": f"https://ains.dev/problems/{slug}", "detail": "why", **fields}).encode()


@pytest.mark.parametrize(
    ("status", "slug", "kind"),
    [
        (400, "validation", errors.BadRequest),
        (401, "unauthorized", errors.Unauthorized),
        (403, "forbidden", errors.Forbidden),
        (404, "not-found", errors.NotFound),
        (405, "method-not-allowed", errors.ApiError),
        (409, "conflict", errors.Conflict),
        (409, "illegal-move", errors.IllegalMove),
        (409, "stale-lease", errors.StaleLease),
        (409, "superseded", errors.Superseded),
        (409, "a-kind-not-yet-known", errors.Conflict),
        (413, "payload-too-large", errors.PayloadTooLarge),
        (422, "idempotency", errors.IdempotencyMismatch),
        (429, "rate-limited", errors.RateLimited),
        (500, "internal", errors.ServerError),
        (503, "unavailable", errors.ServerError),
    ],
)
def test_each_status_and_problem_type_has_its_class(status: int, slug: str, kind: type) -> None:
    error = api_error(status, {}, problem(slug))
    assert type(error) is kind
    assert (error.status, error.detail, error.slug) == (status, "why", slug)


def test_no_class_of_api_error_is_left_without_an_answer_that_makes_it() -> None:
    def below(kind: type) -> set[type]:
        return {kind}.union(*(below(sub) for sub in kind.__subclasses__()))

    made = {type(api_error(s, {}, problem(slug))) for s in range(300, 600) for slug in errors._BY_SLUG}
    assert below(ApiError) - {errors.Conflict} <= made
    assert type(api_error(409, {}, b"")) is errors.Conflict


def test_the_tree_drawn_at_the_top_names_every_class() -> None:
    classes = [c for c in vars(errors).values() if isinstance(c, type) and issubclass(c, errors.AinsError)]
    drawn = (errors.__doc__ or "").replace("|", " ").replace("`-", " ").split()
    assert {c.__name__ for c in classes} <= {word.partition("(")[0].lstrip("-") for word in drawn}


def test_field_errors_are_shown_with_their_pointers() -> None:
    error = api_error(
        400,
        {},
        problem(
            "validation", request_id="r-1", errors=[{"pointer": "/priority", "message": "1 to 10"}, "odd"]
        ),
    )
    assert str(error) == "400 why (/priority: 1 to 10)"
    assert error.request_id == "r-1"


def test_a_field_that_the_detail_spells_out_is_not_told_twice() -> None:
    wrong = [{"pointer": "/priority", "message": "1 to 10"}, {"pointer": "/after", "message": "is required"}]
    error = api_error(400, {}, problem("validation", detail="/priority: 1 to 10; and 1 more", errors=wrong))
    assert str(error) == "400 /priority: 1 to 10; and 1 more (/after: is required)"


@pytest.mark.parametrize("body", [b"", b"<html>", b"[1]", b'"x"', b"[" * 100_000])
def test_a_body_that_is_no_problem_document_is_still_an_error(body: bytes) -> None:
    assert api_error(502, {"x-request-id": "r-2"}, body).request_id == "r-2"


def test_a_gateways_own_message_is_its_detail() -> None:
    assert api_error(413, {}, b'{"message": "Request Too Long"}').detail == "Request Too Long"


@pytest.mark.parametrize(
    ("header", "seconds"), [("7", 7.0), ("0.5", 0.5), ("-3", 0.0), ("Mon, 04 May", None)]
)
def test_retry_after_is_read_in_seconds(header: str, seconds: float | None) -> None:
    assert api_error(429, {"retry-after": header}, b"").retry_after == seconds
