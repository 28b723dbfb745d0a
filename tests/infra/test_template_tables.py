"""The tables that are deployed are those the store is written for, and what they hold is not lost easily."""

from typing import Any

import pytest
from pynamodb.models import Model

from chalicelib.store import tables

pytestmark = pytest.mark.slow  # the first test of a run packages the template

Table = dict[str, Any]


def _name(model: type[Model]) -> str:
    return tables.BASE_NAMES[model]


def _key(schema: list[dict[str, str]], types: list[dict[str, str]]) -> list[tuple[str, str, str]]:
    type_by_name = {entry["AttributeName"]: entry["AttributeType"] for entry in types}
    parts = [(part["KeyType"], part["AttributeName"], type_by_name[part["AttributeName"]]) for part in schema]
    return sorted(parts)  # the HASH part before the RANGE part


def _declared(model: type[Model]) -> dict[str, Any]:
    schema = model._get_schema()  # what PynamoDB's own create_table sends
    types = schema["attribute_definitions"]
    indexes = {
        index["index_name"]: (_key(index["key_schema"], types), index["projection"])
        for index in schema["global_secondary_indexes"]
    }
    return {"key": _key(schema["key_schema"], types), "indexes": indexes}


def _made(table: Table) -> dict[str, Any]:
    types = table["AttributeDefinitions"]
    indexes = {
        index["IndexName"]: (_key(index["KeySchema"], types), index["Projection"])
        for index in table.get("GlobalSecondaryIndexes", [])
    }
    return {"key": _key(table["KeySchema"], types), "indexes": indexes}


@pytest.fixture(scope="session")
def tables_made(made: dict[str, dict[str, Any]]) -> dict[str, Table]:
    """By the name that follows the stage."""
    prefix = "ains-${Stage}-"
    found = [r["Properties"] for r in made.values() if r["Type"] == "AWS::DynamoDB::Table"]
    names = [table["TableName"]["Fn::Sub"] for table in found]
    assert all(name.startswith(prefix) for name in names)
    return {name.removeprefix(prefix): table for name, table in zip(names, found, strict=True)}


def test_exactly_the_tables_of_the_store_are_made(tables_made: dict[str, Table]) -> None:
    assert set(tables_made) == {_name(model) for model in tables.ALL}


@pytest.mark.parametrize("model", tables.ALL, ids=_name)
def test_keys_and_indexes_are_those_of_the_store(model: type[Model], tables_made: dict[str, Table]) -> None:
    assert _made(tables_made[_name(model)]) == _declared(model)


@pytest.mark.parametrize("model", tables.ALL, ids=_name)
def test_no_attribute_is_defined_that_no_key_uses(model: type[Model], tables_made: dict[str, Table]) -> None:
    table = tables_made[_name(model)]  # CloudFormation refuses such a table, and only when it is deployed
    made = _made(table)
    used = {
        name for key in (made["key"], *(key for key, _ in made["indexes"].values())) for _, name, _ in key
    }
    assert {entry["AttributeName"] for entry in table["AttributeDefinitions"]} == used


@pytest.mark.parametrize("model", tables.ALL, ids=_name)
def test_indexes_hold_keys_only_so_that_an_update_is_billed_for_the_row(
    model: type[Model], tables_made: dict[str, Table]
) -> None:
    projections = [projection for _, projection in _made(tables_made[_name(model)])["indexes"].values()]
    assert projections == [{"ProjectionType": "KEYS_ONLY"}] * len(projections)


@pytest.mark.parametrize("model", tables.ALL, ids=_name)
def test_rows_expire_by_ttl_are_encrypted_and_can_be_restored(
    model: type[Model], tables_made: dict[str, Table]
) -> None:
    table = tables_made[_name(model)]
    assert table["BillingMode"] == "PAY_PER_REQUEST"
    assert table["TimeToLiveSpecification"] == {"AttributeName": "ttl", "Enabled": True}
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert table["SSESpecification"]["SSEEnabled"] is True


def test_no_table_dies_with_its_stack(made: dict[str, dict[str, Any]]) -> None:
    found = {name: r for name, r in made.items() if r["Type"] == "AWS::DynamoDB::Table"}
    assert found
    kept = {name for name, r in found.items() if r["DeletionPolicy"] == r["UpdateReplacePolicy"] == "Retain"}
    assert kept == set(found)
