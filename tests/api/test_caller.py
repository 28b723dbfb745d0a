"""Who may call."""

import hashlib

import pytest

from chalicelib.api.caller import Auth
from chalicelib.api.create_app import METHODS, OPERATIONS, create_app
from tests.fakes import world

from .conftest import Api

KEY = "ains_adm_0123456789"
SHA = hashlib.sha256(KEY.encode()).hexdigest()
WITHOUT_KEY = [op for op in OPERATIONS if not op.is_open]


def _never():
    raise AssertionError("nothing may be read for a caller without a key")


@pytest.fixture
def closed():
    return Api(create_app(_never, auth=Auth(admin_key_sha256=SHA), version="1"))


@pytest.fixture
def keyed():
    there = world()
    return Api(create_app(lambda: there.use_cases, auth=Auth(admin_key_sha256=SHA), version="1"))


@pytest.mark.parametrize(
    "headers",
    [
        {"X-API-Key": KEY},
        {"x-api-key": f" {KEY} "},
        {"Authorization": f"Bearer {KEY}"},
        {"authorization": f"bearer {KEY}"},
    ],
)
def test_a_key_may_come_in_either_header(keyed, headers):
    assert keyed.get("/aitp/queue/stats", headers=headers).status == 200


@pytest.mark.parametrize("operation", WITHOUT_KEY, ids=lambda op: f"{op.method} {op.path}")
def test_without_a_key_nothing_is_read_or_parsed(closed, operation):
    url = operation.path.replace("{", "%20").replace("}", "") + "?what=ever"
    answer = closed.call(operation.method, url, b"\xff" * 300_000)
    assert (answer.status, answer.body["type"]) == (401, "https://ains.dev/problems/unauthorized")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-API-Key": ""},
        {"X-API-Key": "wrong"},
        {"X-API-Key": KEY[:-1]},
        {"X-API-Key": SHA},
        {"X-API-Key": "ключ\udcff"},
        {"Authorization": KEY},
        {"Authorization": f"Basic {KEY}"},
        {"Authorization": "Bearer"},
        {"X-API-Key": "wrong", "Authorization": f"Bearer {KEY}"},
    ],
)
def test_every_refused_key_is_answered_alike(closed, headers):
    answer = closed.get("/aitp/queue/stats", headers=headers)
    assert answer.status == 401
    assert answer.body == closed.get("/ains/agents").body


def test_a_key_in_the_query_string_does_not_count(closed):
    assert closed.get(f"/aitp/queue/stats?api_key={KEY}&x-api-key={KEY}").status == 401


def test_without_a_configured_key_nobody_is_let_in():
    api = Api(create_app(_never, auth=Auth(), version="1"))
    empty = hashlib.sha256(b"").hexdigest()
    for key in ("", "None", empty, KEY):
        assert api.get("/aitp/queue/stats", headers={"X-API-Key": key}).status == 401
    assert api.get("/health").status == 200


def test_an_empty_key_is_no_key():
    empty = hashlib.sha256(b"").hexdigest()
    api = Api(create_app(_never, auth=Auth(admin_key_sha256=empty), version="1"))
    assert api.get("/aitp/queue/stats").status == 401


def test_which_methods_there_are_is_not_told_without_a_key(closed):
    for method in METHODS:
        if method != "GET":
            assert closed.call(method, "/aitp/queue/stats").status == 401
