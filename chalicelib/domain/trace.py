"""W3C Trace Context: which trace of its caller's a task belongs to (www.w3.org/TR/trace-context)."""

import re

# version, trace-id, parent-id, flags; what a later version may add behind them is left off
_TRACEPARENT = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?", re.ASCII)
_INVALID, _FIRST = "ff", "00"
_LONGEST = 256


def traceparent(header: str | None) -> str | None:
    """The header as version 00 has it; None for one that is none, which the standard says to pass over."""
    found = None if header is None or len(header) > _LONGEST else _TRACEPARENT.fullmatch(header.strip())
    if found is None:
        return None
    version, trace_id, parent_id, flags, more = found.groups()
    if version == _INVALID or (version == _FIRST and more is not None):
        return None
    if not trace_id.strip("0") or not parent_id.strip("0"):
        return None
    return f"{_FIRST}-{trace_id}-{parent_id}-{flags}"


def trace_id(parent: str) -> str:
    """What all spans of one trace share, of a traceparent as version 00 has it."""
    return parent.split("-")[1]
