"""At every start: does the engine still do what the service relies on? Takes milliseconds, leaves nothing."""

from __future__ import annotations

import threading
import uuid
from typing import Any

from infra.local.engine import LocalCloud
from infra.local.problems import CannotStart, EngineRefused

TABLE = "ains-local-self-check"
KEY = {"id": {"S": "row"}}
RACERS = 4


def check(cloud: LocalCloud) -> None:
    """Raises CannotStart naming the assumption that does not hold."""
    cloud.request(
        "dynamodb",
        "CreateTable",
        TableName=TABLE,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
    )
    try:
        _one_racer_wins(cloud)
        _a_replayed_transaction_counts_once(cloud)
        _what_is_acknowledged_is_in_the_file(cloud)
    except EngineRefused as refusal:
        raise _broken(f"a plain call was refused: {refusal}") from refusal
    finally:
        cloud.request("dynamodb", "DeleteItem", TableName=TABLE, Key=KEY)
        cloud.request("dynamodb", "DeleteTable", TableName=TABLE)


def _one_racer_wins(cloud: LocalCloud) -> None:
    start, wins = threading.Barrier(RACERS), []

    def claim(number: int) -> None:
        start.wait()
        item: dict[str, Any] = {**KEY, "n": {"N": "0"}, "owner": {"N": str(number)}}
        try:
            cloud.request(
                "dynamodb",
                "PutItem",
                TableName=TABLE,
                Item=item,
                ConditionExpression="attribute_not_exists(id)",
            )
            wins.append(number)
        except EngineRefused as refusal:
            if refusal.code != "ConditionalCheckFailedException":
                raise

    racers = [threading.Thread(target=claim, args=(number,)) for number in range(RACERS)]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()
    if len(wins) != 1:
        raise _broken(f"{len(wins)} of {RACERS} racing conditional writes succeeded, not one")


def _a_replayed_transaction_counts_once(cloud: LocalCloud) -> None:
    update = {
        "TableName": TABLE,
        "Key": KEY,
        "UpdateExpression": "ADD n :one",
        "ExpressionAttributeValues": {":one": {"N": "1"}},
    }
    token = str(uuid.uuid4())
    for _ in range(2):
        cloud.request(
            "dynamodb", "TransactWriteItems", TransactItems=[{"Update": update}], ClientRequestToken=token
        )
    item = cloud.request("dynamodb", "GetItem", TableName=TABLE, Key=KEY)["Item"]
    if item["n"] != {"N": "1"}:
        raise _broken(f"a replayed transaction was applied {item['n']['N']} times, not once")


def _what_is_acknowledged_is_in_the_file(cloud: LocalCloud) -> None:
    if cloud.journal is None:
        return
    stored = cloud.journal.stored_item(TABLE, "row", "__no_sort__")
    if stored != cloud.request("dynamodb", "GetItem", TableName=TABLE, Key=KEY)["Item"]:
        raise _broken("an acknowledged write is not in the journal")


def _broken(what: str) -> CannotStart:
    return CannotStart(f"the self-check failed: {what}; the engine does not do what this version relies on")
