"""Documents in DynamoDB, written once."""

from collections.abc import Sequence

from pynamodb.connection import Connection

from .reads import rows_of
from .tables import PayloadRecord


class DynamoPayloads:
    """services.ports.PayloadStore over the payloads table."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def put(self, owner: str, kind: str, text: str, *, ttl: int | None = None) -> None:
        PayloadRecord(owner, kind, body=text, ttl=ttl).save()

    def get_many(self, keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], str]:
        return {(row.owner_id, row.kind): row.body for row in rows_of(self._connection, PayloadRecord, keys)}

    def of_owner(self, owner: str, *, prefix: str) -> list[str]:
        rows = PayloadRecord.query(owner, PayloadRecord.kind.startswith(prefix), consistent_read=True)
        return [row.body for row in rows]
