"""The work queue's messages: what a hint looks like between the one who announces and the consumer."""

import json

from .ports import Aggregate, Hint, HintKind

VERSION = 1


class UnknownMessage(Exception):
    """A message that this version cannot read; it ends in the dead-letter queue."""


def encoded(hint: Hint) -> str:
    """The body of a hint: compact, versioned, ids only."""
    fields = {
        "v": VERSION,
        "kind": hint.kind.value,
        "id": hint.row_id,
        "aggregate": hint.aggregate,
        "at": hint.at,
        "tenant": hint.tenant,
        "capability": hint.capability,
        "cursor": hint.cursor,
        "until": hint.until,
        "paced": hint.paced,
    }
    return json.dumps({k: v for k, v in fields.items() if v is not None}, separators=(",", ":"))


def decoded(body: str) -> Hint:
    """The hint of a body. Raises UnknownMessage."""
    try:
        fields = json.loads(body)
        if fields["v"] != VERSION:
            raise UnknownMessage(f"message version {fields['v']!r} is not {VERSION}")
        aggregate = fields.get("aggregate")
        return Hint(
            kind=HintKind(fields["kind"]),
            row_id=str(fields["id"]),
            aggregate=None if aggregate is None else Aggregate(aggregate),
            at=fields.get("at"),
            tenant=fields.get("tenant"),
            capability=fields.get("capability"),
            cursor=fields.get("cursor"),
            until=fields.get("until"),
            paced=fields.get("paced"),
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise UnknownMessage(f"not a work message: {error}") from error
