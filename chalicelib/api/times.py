"""Times as the wire spells them: ISO-8601 UTC with milliseconds and a Z; durations in seconds."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def iso(milliseconds: int) -> str:
    """2026-01-31T09:00:00.000Z."""
    text = (_EPOCH + timedelta(milliseconds=milliseconds)).isoformat(timespec="milliseconds")
    return text.removesuffix("+00:00") + "Z"


def local_iso(milliseconds: int, zone: ZoneInfo) -> str:
    """2026-01-31T10:00:00+01:00: what the zone's clocks show, to the second."""
    return (_EPOCH + timedelta(milliseconds=milliseconds)).astimezone(zone).isoformat(timespec="seconds")


def iso_or_none(milliseconds: int | None) -> str | None:
    """The same, where there may be none."""
    return None if milliseconds is None else iso(milliseconds)


def seconds_or_none(milliseconds: int | None) -> float | None:
    """A duration that may be unlimited."""
    return None if milliseconds is None else milliseconds / 1000
