"""One botocore client for all tables, taught to say what stood in the way of a conditional write."""

from typing import Any

from pynamodb.connection import Connection

from . import tables


def connect() -> Connection:
    """Point every model at one connection (a client costs memory and 50 ms) and return it.

    PynamoDB 6.1 cannot ask for the old row on a failed single write (pynamodb#1219), so a botocore hook does.
    """
    shared: Connection | None = None
    for model in tables.ALL:
        table = model._get_connection()
        if shared is None:
            shared = table.connection
        elif table.connection is not shared:
            shared.add_meta_table(table.get_meta_table())
            table.connection = shared
    assert shared is not None
    events = shared.client.meta.events
    for operation in ("PutItem", "UpdateItem", "DeleteItem"):
        events.register(
            f"provide-client-params.dynamodb.{operation}", _ask_for_the_old_row, unique_id=f"ains-{operation}"
        )
    return shared


def _ask_for_the_old_row(params: dict[str, Any], **_: Any) -> None:
    if "ConditionExpression" in params:
        params["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
