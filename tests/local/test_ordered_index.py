"""Queries of large partitions: the same answers as the engine's own, for the price of a page."""

import itertools
import json
import random

import pytest

from infra.local import ordered_index
from infra.local.core import Core
from infra.local.engine import LocalCloud
from infra.local.pinned import dynamodb

TABLE = "ains-local-tasks"
INDEX = "queue"
ROWS = 400  # more than ordered_index.LARGE


@pytest.fixture
def full():
    with LocalCloud() as cloud:
        for n in range(ROWS):
            cloud.request("dynamodb", "PutItem", TableName=TABLE, Item=row(n, order=n // 3))
        yield cloud


def row(n, *, order, line="wait#a"):
    return {"task_id": {"S": f"task-{n:04d}"}, "queue_key": {"S": line}, "queue_order": {"N": str(order)}}


def query(operator=None, bound=0, **more):
    text, values = "#0 = :0", {":0": {"S": "wait#a"}}
    names = {"#0": "queue_key"}
    if operator:
        text, names = f"({text} AND #1 {operator} :1)", names | {"#1": "queue_order"}
        values[":1"] = {"N": str(bound)}
    asked = {"TableName": TABLE, "IndexName": INDEX, "KeyConditionExpression": text}
    return asked | {"ExpressionAttributeNames": names, "ExpressionAttributeValues": values} | more


def both(cloud, asked):
    """The answer, and the one that the engine would give by itself."""
    plain = cloud._core._indexes._originals["_query"]
    return tuple(json.loads(answer(json.loads(json.dumps(asked)))[2]) for answer in (dynamodb._query, plain))


def test_every_kind_of_page_is_the_engines_own(full):
    chance = random.Random(1)
    for operator, forward in itertools.product((None, "<", "<=", ">", ">="), (True, False)):
        for _ in range(4):
            limit, bound = chance.choice((1, 7, 100, 1000)), chance.randrange(-5, ROWS // 3 + 5)
            cursor = {}
            for _ in range(3):
                asked = query(operator, bound, Limit=limit, ScanIndexForward=forward, **cursor)
                ours, theirs = both(full, asked)
                assert ours == theirs
                if "LastEvaluatedKey" not in ours:
                    break
                cursor = {"ExclusiveStartKey": ours["LastEvaluatedKey"]}


def test_conditions_it_does_not_know_are_left_to_the_engine(full):
    between = query(Limit=5)
    between["KeyConditionExpression"] = "#0 = :0 AND #1 BETWEEN :1 AND :2"
    between["ExpressionAttributeNames"]["#1"] = "queue_order"
    between["ExpressionAttributeValues"] |= {":1": {"N": "50"}, ":2": {"N": "60"}}
    ours, theirs = both(full, between)
    assert ours == theirs
    assert len(ours["Items"]) == 5
    assert both(full, query())[0]["Count"] == ROWS


def test_it_follows_rows_that_move_come_and_go(full):
    chance = random.Random(2)
    full.request("dynamodb", "Query", **query(Limit=1))
    for _ in range(150):
        n = chance.randrange(2 * ROWS)
        match chance.randrange(4):
            case 0:
                key = {"task_id": {"S": f"task-{n:04d}"}}
                full.request("dynamodb", "DeleteItem", TableName=TABLE, Key=key)
            case 1:
                item = row(n, order=chance.randrange(ROWS), line="agent#b")
                full.request("dynamodb", "PutItem", TableName=TABLE, Item=item)
            case _:
                item = row(n, order=chance.randrange(ROWS))
                full.request("dynamodb", "PutItem", TableName=TABLE, Item=item)
        ours, theirs = both(full, query(Limit=20, ScanIndexForward=chance.random() < 0.5))
        assert ours == theirs


def test_a_page_is_all_that_the_engine_is_handed(full):
    table = dynamodb._tables[TABLE]
    partitions = ordered_index._Partitions(
        table, INDEX, dynamodb._index_members(table)[INDEX], query("<=", 1000, Limit=10)
    )
    assert list(partitions.get("wait#a")) == [(f"task-{n:04d}", "__no_sort__") for n in range(11)]


def test_emptying_the_cloud_empties_the_order(full):
    full.request("dynamodb", "Query", **query(Limit=10))
    full.reset()
    assert full.request("dynamodb", "Query", **query(Limit=10))["Count"] == 0


def test_the_engine_is_itself_again_after_the_cloud_stopped():
    before = dynamodb._query
    core = Core()
    core.open(None)
    assert dynamodb._query is not before
    core.close()
    assert dynamodb._query is before
