"""The real clock, ids and stopwatch."""

import secrets
import time

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32


def wall_clock() -> int:
    """Milliseconds UTC."""
    return time.time_ns() // 1_000_000


def stopwatch() -> float:
    """Seconds since some beginning; no step of the wall clock shows in it."""
    return time.perf_counter()


def new_id(prefix: str) -> str:
    """A ULID: 48 bits of milliseconds, then 80 of chance, so that ids made later sort later."""
    number = wall_clock() << 80 | secrets.randbits(80)
    return f"{prefix}-" + "".join(_ALPHABET[number >> shift & 31] for shift in range(125, -1, -5))
