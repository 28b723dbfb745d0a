"""Cursors are opaque: whatever DynamoDB would refuse as our own mistake is the caller's, and said so."""

import base64
import json
from typing import Any

import pytest

from chalicelib.domain.errors import Invalid
from chalicelib.store import paging
from chalicelib.store.tables import ExecutionRecord, TaskRecord
from tests.contract.implementations import Stores
from tests.contract.values import TENANT, a_task

KEY = {"client_key": {"S": "acme#client-1"}, "created_at": {"N": "18"}, "task_id": {"S": "task-1"}}


def cursor(key: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode().rstrip("=")


def test_a_key_comes_back_from_its_cursor() -> None:
    told = paging.encoded(KEY)
    assert told == cursor(KEY)
    assert paging.decoded(told, TaskRecord.client, "acme#client-1") == KEY


def test_the_end_of_a_list_has_no_cursor_and_no_cursor_is_its_beginning() -> None:
    assert paging.encoded(None) is None
    assert paging.encoded({}) is None
    assert paging.decoded(None, TaskRecord.client, "acme#client-1") is None


WRONG: dict[str, Any] = {
    "a missing attribute": {name: KEY[name] for name in ("client_key", "task_id")},
    "one too many": KEY | {"status": {"S": "PENDING"}},
    "another partition": KEY | {"client_key": {"S": "acme#client-2"}},
    "a number that is none": KEY | {"created_at": {"N": "soon"}},
    "a number as Python writes it": KEY | {"created_at": {"N": "1_8"}},
    "a number in other digits": KEY | {"created_at": {"N": "١٨"}},
    "no finite number": KEY | {"created_at": {"N": "NaN"}},
    "a number too long": KEY | {"created_at": {"N": "1" * 39}},
    "a bare number": KEY | {"created_at": {"N": 18}},
    "another type": KEY | {"created_at": {"S": "18"}},
    "two types": KEY | {"created_at": {"S": "18", "N": "18"}},
    "no type": KEY | {"created_at": {}},
    "an empty text": KEY | {"task_id": {"S": ""}},
    "a text too long": KEY | {"task_id": {"S": "x" * 1_025}},
    "half a character": KEY | {"task_id": {"S": "\ud800"}},
    "a list for an attribute": KEY | {"task_id": ["S", "x"]},
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_forged_key_is_refused(stores: Stores, wrong: str) -> None:
    with pytest.raises(Invalid):
        stores.tasks.of_client(TENANT, "client-1", limit=5, cursor=cursor(WRONG[wrong]))
    assert "Query" not in stores.wire.seen


def test_a_well_formed_key_of_a_row_that_is_gone_is_a_place_like_any_other(stores: Stores) -> None:
    for n in range(3):
        stores.tasks.add(a_task(f"task-{n}", created_at=10 + n))
    between = KEY | {"created_at": {"N": "12"}, "task_id": {"S": "task-gone"}}
    found = stores.tasks.of_client(TENANT, "client-1", limit=5, cursor=cursor(between))
    assert found.items in (("task-2", "task-1", "task-0"), ("task-1", "task-0"))


def test_a_partition_that_is_a_text_is_no_number() -> None:
    slot = cursor({"schedule_id": {"S": "7"}, "slot": {"N": "-1"}})
    assert paging.decoded(slot, ExecutionRecord, "7")
    with pytest.raises(Invalid):
        paging.decoded(cursor({"schedule_id": {"N": "7"}, "slot": {"N": "1"}}), ExecutionRecord, "7")
