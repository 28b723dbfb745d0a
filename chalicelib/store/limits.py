"""Times given away piece by piece, in DynamoDB: one row each, moved on by one conditional write."""

from functools import partial

from pynamodb.expressions.update import Action

from chalicelib.domain.errors import LostRace

from .tables import LimitRecord
from .writes import Refused, Writes

TRIES = 10
KEPT_S = 24 * 3600  # after the last piece ends
MOST_REMEMBERED = 10_000


class DynamoLimits:
    """services.ports.Limits over the limits table. Where a row stood last is remembered as a first guess."""

    def __init__(self, writes: Writes) -> None:
        self._writes = writes
        self._ends: dict[str, int] = {}

    def reserve(self, limit_id: str, length: int, *, since: int) -> int:
        end = self._ends.get(limit_id, since)
        for _ in range(TRIES):
            try:
                begin = self._reserved(limit_id, length, since, is_ahead=end > since)
            except Refused as refused:
                end = int((refused.item or {}).get("at", {}).get("N", since))
                continue
            if begin is not None:
                self._remember(limit_id, begin + length)
                return begin
        raise LostRace(f"limit {limit_id} is changing too fast; try again")

    def _reserved(self, limit_id: str, length: int, since: int, *, is_ahead: bool) -> int | None:
        """None when an answer was lost on the way: whose piece the row ends with is not known then."""
        row, cid = LimitRecord, self._writes.new_call_id()
        end, condition = (
            (row.at + length, row.at > since)
            if is_ahead
            else (since + length, row.at.does_not_exist() | (row.at <= since))
        )
        record = row(limit_id)
        expires_at = (since + length) // 1000 + KEPT_S
        actions: list[Action] = [row.at.set(end), row.cid.set(cid), row.ttl.set(expires_at)]
        update = partial(record.update, actions=actions, condition=condition)
        return None if self._writes.once(update, cid=cid) is None else int(record.at) - length

    def _remember(self, limit_id: str, end: int) -> None:
        if len(self._ends) >= MOST_REMEMBERED:
            self._ends.clear()
        self._ends[limit_id] = end
