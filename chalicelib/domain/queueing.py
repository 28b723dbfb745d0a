"""Waiting lines and inboxes: both are one index, keyed by a line's name and ordered by one number.

A task that may run now stands in exactly one of them: the line of its capability while it waits,
the inbox of its agent while it is held.
"""

from collections.abc import Sequence

from .ids import spread

MINUTE_MS = 60_000


def line(tenant: str, capability: str, *, shard: int = 0) -> str:
    """The waiting line of a capability. The tenant leads, so that work cannot cross tenants."""
    return f"wait#{tenant}#{capability}#{shard}"


def is_line(queue_key: str) -> bool:
    """A waiting line, not an inbox."""
    return queue_key.startswith("wait#")


def inbox(agent_id: str) -> str:
    """The inbox of an agent: what it was given and has not finished."""
    return f"agent#{agent_id}"


def order(tag: int, priority: int) -> int:
    """Lower goes first: a step of priority (1 to 10, 10 first) is worth a minute of waiting.

    `tag` is in milliseconds UTC. Nobody starves, since a task that waits grows older than any newcomer.
    """
    return tag - (priority - 1) * MINUTE_MS


def shuffled_bands(
    ordered: Sequence[tuple[str, int]], *, chances: Sequence[float], band_ms: int = MINUTE_MS
) -> list[str]:
    """Ids in order of their band (a minute of `order`), by chance within it.

    Agents that look at the head of one line at the same moment thereby try different tasks first.
    `chances` holds one number per entry.
    """
    ranked = sorted(
        (order_ // band_ms, chance, row_id) for (row_id, order_), chance in zip(ordered, chances, strict=True)
    )
    return [row_id for _, _, row_id in ranked]


def shared_out(ordered: Sequence[tuple[str, int]], *, rank: int, among: int) -> list[str]:
    """The ids that are for one of several who do not ask each other, in order: by its number, each is for the
    same one, whatever else is in line.
    """
    return [row_id for row_id, _ in ordered if spread(row_id) % among == rank]
