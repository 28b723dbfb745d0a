"""HTTP through a real socket: what the app sees, and what comes back whatever the app does."""

import base64
import socket
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from infra.local.gateway import BODY_LIMIT
from infra.local.gateway_events import Routes

PROBLEM = {"type", "title", "status", "detail", "request_id"}
JSON = {"Content-Type": "application/json"}


def test_path_parameters_stay_percent_encoded(served):
    answer = served.http.put("/notes/a%2Fb%20c", content="hello", headers={"Content-Type": "text/plain"})
    assert (answer.status_code, answer.headers["location"]) == (201, "/notes/a%2Fb%20c")
    assert served.http.get("/notes/a%2Fb%20c").json() == {"note": "a%2Fb%20c", "text": "hello"}


def test_a_fixed_segment_beats_a_variable_one(served):
    assert served.http.get("/notes/search").json() == {"found": "by search"}


def test_a_trailing_slash_is_dropped(served):
    assert served.http.get("/notes/search/").json() == {"found": "by search"}


def test_the_event_is_that_of_a_rest_api_proxy(served):
    event = served.http.post("/event?b=2&a=1&a=&a=x%20y", content='{"n":1}', headers=JSON).json()
    assert event["multiValueQueryStringParameters"] == {"b": ["2"], "a": ["1", "", "x y"]}
    assert event["queryStringParameters"] == {"b": "2", "a": "x y"}
    assert (event["body"], event["isBase64Encoded"]) == ('{"n":1}', False)
    assert (event["resource"], event["httpMethod"], event["pathParameters"]) == ("/event", "POST", None)
    context = event["requestContext"]
    assert (context["identity"]["sourceIp"], context["resourcePath"]) == ("127.0.0.1", "/event")


def test_repeated_headers_are_all_in_the_multi_value_map(served):
    headers = [("X-Trace", "one"), ("X-Trace", "two")]
    event = served.http.get("/event", headers=headers).json()
    assert (event["multiValueHeaders"]["x-trace"], event["headers"]["x-trace"]) == (["one", "two"], "two")


def test_no_query_and_no_body_are_null(served):
    event = served.http.get("/event").json()
    assert (event["multiValueQueryStringParameters"], event["queryStringParameters"], event["body"]) == (
        None,
    ) * 3


@pytest.mark.parametrize(
    ("kind", "body"), [("image/png", b"\x89PNG\x00"), ("application/json", b'{"\xff": 1}')]
)
def test_bytes_that_are_no_text_arrive_as_base64(served, kind, body):
    event = served.http.post("/event", content=body, headers={"Content-Type": kind}).json()
    assert (base64.b64decode(event["body"]), event["isBase64Encoded"]) == (body, True)


def test_a_binary_answer_comes_back_as_its_bytes(served):
    assert served.http.get("/picture", headers={"Accept": "image/png"}).content == b"\x89PNG"


def test_a_header_with_two_values_comes_back_twice(served):
    assert served.http.get("/cookies").headers.get_list("set-cookie") == ["a=1", "b=2"]


def test_every_answer_names_its_request(served):
    assert len(served.http.get("/").headers["x-amzn-requestid"]) == 36


def test_an_unknown_path_is_a_404_problem(served):
    answer = served.http.get("/nothing/here")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
    assert set(answer.json()) == PROBLEM
    assert answer.json()["request_id"] == answer.headers["x-amzn-requestid"]


def test_a_crash_of_the_app_is_a_500_problem_and_the_connection_lives(served, caplog):
    answer = served.http.get("/crash")
    assert (answer.status_code, set(answer.json())) == (500, PROBLEM)
    assert "GET /crash failed" in caplog.text
    assert served.http.get("/").json() == {"hello": "world"}


def test_head_is_get_without_its_body(served):
    answer = served.http.head("/")
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-length"] == served.http.get("/").headers["content-length"]


def test_options_lists_the_methods_that_are_not_refused(served):
    answer = served.http.options("/notes/n")
    assert (answer.status_code, answer.headers["allow"]) == (204, "GET,OPTIONS,PUT")


@pytest.mark.parametrize("method", ["DELETE", "PURGE", "TRACE"])
def test_any_other_method_is_a_405_problem(served, method):
    answer = served.http.request(method, "/notes/n")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET,OPTIONS,PUT")
    assert set(answer.json()) == PROBLEM


def test_a_body_above_ten_megabytes_is_a_413_problem(served):
    answer = served.http.post("/event", content=b" " * (BODY_LIMIT + 1), headers=JSON)
    assert (answer.status_code, set(answer.json())) == (413, PROBLEM)


def test_a_client_that_leaves_within_its_request_invokes_nothing(served):
    host, port = served.service.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as sock:
        sock.sendall(b"PUT /notes/half HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf of it")
    assert served.http.get("/notes/half").json()["text"] is None


def test_concurrent_requests_see_their_own_request_and_context(served):
    def ask(n: int) -> dict[str, object]:
        return served.http.get(f"/whoami/{n}").json()

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(ask, range(64)))
    assert answers == [{"asked": str(n), "answered": str(n), "own_context": True} for n in range(64)]


def test_a_slow_request_delays_nobody(served):
    slow = threading.Thread(target=lambda: served.http.get("/slow"))
    slow.start()
    assert served.http.get("/").json() == {"hello": "world"}
    assert slow.is_alive()
    slow.join()


def test_a_longer_match_is_found_where_a_fixed_segment_leads_nowhere():
    routes = Routes(["/a/b", "/a/{x}/c", "/"])
    assert routes.match("/a/b/c").parameters == {"x": "b"}
    assert routes.match("/a/b").resource == "/a/b"
    assert routes.match("/").resource == "/"
    assert [routes.match(path) for path in ("/a", "/a//c", "/a/b/c/d", "//")] == [None] * 4
