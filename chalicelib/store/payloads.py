"""Documents in DynamoDB, written once."""

from collections.abc import Sequence

from .reads import rows_of
from .tables import PayloadRecord
from .writes import Refused, Writes


class DynamoPayloads:
    """services.ports.PayloadStore over the payloads table."""

    def __init__(self, writes: Writes) -> None:
        self._writes = writes

    def put(
        self,
        owner: str,
        kind: str,
        text: str,
        *,
        ttl: int | None = None,
        judged: tuple[str, int] | None = None,
    ) -> None:
        agent_id, at = judged or (None, None)
        PayloadRecord(owner, kind, body=text, judged_agent=agent_id, judged_at=at, ttl=ttl).save()

    def add(self, owner: str, kind: str, text: str, *, ttl: int | None = None) -> str | None:
        cid = self._writes.new_call_id()
        record = PayloadRecord(owner, kind, body=text, ttl=ttl, cid=cid)
        try:
            self._writes.once(lambda: record.save(condition=PayloadRecord.owner_id.does_not_exist()), cid=cid)
        except Refused as refused:
            return str(PayloadRecord.from_raw_data(dict(refused.item or {})).body)
        return None

    def get_many(self, keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], str]:
        rows = rows_of(self._writes.connection, PayloadRecord, keys)
        return {(row.owner_id, row.kind): row.body for row in rows}

    def of_owner(self, owner: str, *, prefix: str) -> list[str]:
        rows = PayloadRecord.query(owner, PayloadRecord.kind.startswith(prefix), consistent_read=True)
        return [row.body for row in rows]

    def delete_many(self, keys: Sequence[tuple[str, str]]) -> None:
        with PayloadRecord.batch_write() as batch:
            for owner, kind in dict.fromkeys(keys):
                batch.delete(PayloadRecord(owner, kind))
