"""Identifiers: what they may look like, and where they stand on the clock."""

import base64
import hashlib
import re
import zlib

from .errors import Invalid

CLOCK_SHARDS = 8
_PATTERN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,127}")
_SHADOWED = frozenset({"leaderboard", "schedule", "batch", "validate"})


def is_id(value: str) -> bool:
    """Whether it looks like an identifier."""
    return _PATTERN.fullmatch(value) is not None


def checked(value: str, *, pointer: str) -> str:
    """The id itself; raises Invalid where it could not stand in a path or would be shadowed by a route."""
    if not is_id(value):
        raise Invalid.at(
            pointer, "must start with a letter or digit and hold 1 to 128 characters of A-Z a-z 0-9 . _ : -"
        )
    if value in _SHADOWED:
        raise Invalid.at(pointer, f"{value!r} is reserved: a route has that name; choose another")
    return value


def clock_shard(row_id: str) -> int:
    """Which of the clock's shards a row stands in: crc32 of its id."""
    return zlib.crc32(row_id.encode()) % CLOCK_SHARDS


def spread(row_id: str) -> int:
    """A number that tells most ids from each other: crc32."""
    return zlib.crc32(row_id.encode())


def mark(row_id: str) -> str:
    """A short stand-in for an id, for rows that must stay small: crc32, hexadecimal."""
    return format(zlib.crc32(row_id.encode()), "x")


def from_key(prefix: str, *, tenant: str, key: str) -> str:
    """The id that an idempotency key makes: the same key of the same tenant always the same id."""
    digest = hashlib.sha256(f"{prefix}\0{tenant}\0{key}".encode()).digest()
    return f"{prefix}-{base64.b32encode(digest).decode()[:26].lower()}"


def of_retry(task_id: str, *, tenant: str) -> str:
    """The id of the task made in another's place: one, whoever asks how often. No key holds a blank."""
    return from_key("task", tenant=tenant, key=f"retry of {task_id}")


def assignment_queue(stage: str, agent_id: str) -> str:
    """The name of an agent's own SQS queue: a hash, as agent ids hold characters that queue names may not."""
    return f"ains-{stage}-assignments-{hashlib.sha256(agent_id.encode()).hexdigest()[:32]}"
