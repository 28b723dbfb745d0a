"""Conditional writes that survive a lost answer and a transaction in the way.

    we          botocore        DynamoDB
    put ------> put ----------> committed, but the answer is lost
                put again ----> ConditionalCheckFailed: the row is ours already
    <---------- failed

Every conditional write carries a call id in the row; a failure that shows our own call id is a success.
TransactionConflict is in none of botocore's retry tables, also for a plain write that meets a transaction.
"""

from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeVar

from pynamodb.connection import Connection
from pynamodb.exceptions import PynamoDBException, TransactWriteError
from pynamodb.transactions import TransactWrite

from chalicelib.domain.errors import LostRace
from chalicelib.values import dataclass

T = TypeVar("T")
CONFLICT_TRIES = 6
CONFLICT_STEP_S = 0.02
_LOST = "ConditionalCheckFailedException"
_CONFLICT = "TransactionConflictException"


class Chance(Protocol):
    """Uniform in [0, 1)."""

    def random(self) -> float: ...


class Refused(LostRace):
    """A condition did not hold: the row as it stood (raw DynamoDB attributes), if there was one.

    `position` says which of a transaction's writes was refused.
    """

    def __init__(self, item: Mapping[str, Mapping[str, Any]] | None, position: int = 0) -> None:
        self.item = item
        self.position = position
        super().__init__("the row changed between read and write")


@dataclass(frozen=True)
class Writes:
    """How rows are written: over one connection, with call ids, chance and pauses given from outside."""

    connection: Connection
    new_call_id: Callable[[], str]
    chance: Chance
    pause: Callable[[float], None]

    def once(self, write: Callable[[], T], *, cid: str) -> T | None:
        """Run a conditional write. None when it was our own retried call; raises Refused."""
        try:
            return self._through_conflicts(write)
        except PynamoDBException as error:
            if _code(error) != _LOST:
                raise
            item = _old_row(error)
            if _is_ours(item, cid):
                return None
            raise Refused(item) from error

    def together(self, fill: Callable[[TransactWrite], None], *, cid: str) -> None:
        """Run a transaction under one token; raises Refused for the first write that was refused."""

        def commit() -> None:
            with TransactWrite(connection=self.connection, client_request_token=cid) as transaction:
                fill(transaction)

        try:
            self._through_conflicts(commit)
        except TransactWriteError as error:
            reasons = error.cancellation_reasons
            refused = [(i, r) for i, r in enumerate(reasons) if r and r.code == "ConditionalCheckFailed"]
            if not refused:
                raise
            if any(_is_ours(r.raw_item, cid) for _, r in refused):
                return
            position, reason = refused[0]
            raise Refused(reason.raw_item, position) from error

    def _through_conflicts(self, write: Callable[[], T]) -> T:
        for attempt in range(CONFLICT_TRIES):
            try:
                return write()
            except PynamoDBException as error:
                if attempt + 1 == CONFLICT_TRIES or not _is_conflict(error):
                    raise
                self.pause(self.chance.random() * CONFLICT_STEP_S * 2**attempt)
        raise AssertionError("unreachable: the last try returns or raises")


def _code(error: PynamoDBException) -> str | None:
    """What DynamoDB called it; None when no answer came (PynamoDB's own `cause_response_code` fails then)."""
    response = getattr(error.cause, "response", None) or {}
    code: str | None = response.get("Error", {}).get("Code")
    return code


def _is_conflict(error: PynamoDBException) -> bool:
    if _code(error) == _CONFLICT:
        return True
    reasons = error.cancellation_reasons if isinstance(error, TransactWriteError) else []
    codes = {r.code for r in reasons if r}
    return "TransactionConflict" in codes and "ConditionalCheckFailed" not in codes


def _old_row(error: PynamoDBException) -> Mapping[str, Any] | None:
    """The row that refused: PynamoDB wraps botocore's error and drops it, the original still holds it."""
    original = getattr(error.cause, "__cause__", None) or getattr(error.cause, "__context__", None)
    item: Mapping[str, Any] | None = getattr(original, "response", {}).get("Item")
    return item


def _is_ours(item: Mapping[str, Any] | None, cid: str) -> bool:
    return item is not None and item.get("cid", {}).get("S") == cid
