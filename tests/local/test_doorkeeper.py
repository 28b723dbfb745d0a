"""A page of another site, in the browser of whoever runs the service, gets nowhere."""

import httpx
import pytest

from infra.local.doorkeeper import refusal

OURS = [
    {},
    {"host": "127.0.0.1:8000"},
    {"host": "localhost:8000"},
    {"host": "LOCALHOST"},
    {"host": "[::1]:8000"},
    {"host": "host.docker.internal:8000"},
    {"host": "127.0.0.1:8000", "origin": "http://127.0.0.1:8000"},
]
FOREIGN = [
    {"host": "evil.example"},
    {"host": "127.0.0.1.evil.example:8000"},
    {"host": "127.0.0.1@evil.example"},
    {"host": ""},
    {"host": "[::1"},
    {"host": "evil.example:8000", "origin": "http://evil.example:8000"},
    {"host": "127.0.0.1:8000", "origin": "http://evil.example"},
    {"host": "127.0.0.1:8000", "origin": "http://127.0.0.1:8001"},
    {"host": "127.0.0.1:8000", "origin": "null"},
    {"host": "127.0.0.1:8000", "origin": ""},
]


@pytest.mark.parametrize("headers", OURS, ids=str)
def test_programs_and_its_own_page_come_in(headers):
    assert refusal(headers) is None


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_pages_of_other_sites_do_not(headers):
    assert refusal(headers)


def test_a_foreign_page_reaches_neither_the_app_nor_the_data(served):
    aws = served.service.aws_url
    for headers in ({"Origin": "http://evil.example"}, {"Host": "evil.example"}):
        refused = served.http.put("/notes/evil", content="x", headers=headers)
        assert (refused.status_code, refused.headers["content-type"]) == (403, "application/problem+json")
        assert set(refused.json()) == {"type", "title", "status", "detail", "request_id"}
        form = {"Action": "CreateQueue", "QueueName": "evil"}
        assert httpx.post(aws, data=form, headers=headers).status_code == 403
    assert served.http.get("/notes/evil").json()["text"] is None
    made = served.service.cloud.client("sqs").list_queues(QueueNamePrefix="evil")
    assert made.get("QueueUrls", []) == []
