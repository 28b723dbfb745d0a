"""A work message that no consumer could handle: what is kept of it, for how long, and when it is dead."""

import re
from datetime import UTC, datetime, timedelta

from chalicelib.values import dataclass

MAX_RECEIVES = 5  # the work queue's maxReceiveCount: the next receive moves the message to the dead letters
KEPT_DAYS = 14  # as long as the dead-letter queue keeps it
KEPT_BODY = 4_000  # characters; the longest message of our own has well under half
KEPT_REASON = 1_000  # characters
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = timedelta(days=1)
_HIDDEN = "***"

# What errors of AWS clients may quote: a refused signature, for one, comes with all signed headers.
_NAMED = re.compile(
    r"(token|secret|password|authorization|api[-_ ]?key|credential|signature)"
    r"(\W?\s*[:=]\s*)\W?(?:(?:bearer|basic)\s+)?[^\s\"',;&]+",
    re.IGNORECASE,
)
_UNNAMED = re.compile(
    r"(?<=://)[^/\s@]+(?=@)"  # user and password of a URL
    r"|\b(?:AKIA|ASIA)[A-Z0-9]{12,}"  # access keys
    r"|\bains_[A-Za-z0-9_-]{16,}"  # keys of this service
    r"|[A-Za-z0-9+/=_]{100,}"  # session tokens, and whatever else nobody can read
)


@dataclass(frozen=True, kw_only=True)
class DeadMessage:
    """Times in milliseconds UTC: when it was recorded first, and last."""

    message_id: str
    body: str
    reason: str
    receives: int
    first_at: int
    at: int

    @property
    def day(self) -> str:
        """YYYY-MM-DD UTC of when it was recorded first."""
        return _date(self.first_at).date().isoformat()

    @property
    def expires_at(self) -> int:
        """Seconds UTC."""
        return self.first_at // 1000 + KEPT_DAYS * 24 * 3600


def died(message_id: str, body: str, *, error: Exception, receives: int, now: int) -> DeadMessage | None:
    """What is kept of a message whose handling failed; None while the queue will show it again."""
    if receives < MAX_RECEIVES:
        return None
    return DeadMessage(
        message_id=message_id,
        body=_storable(body)[:KEPT_BODY],
        reason=reason_of(error),
        receives=receives,
        first_at=now,
        at=now,
    )


def reason_of(error: Exception) -> str:
    """Type and message, without what looks like a secret."""
    text = _storable(f"{type(error).__name__}: {error}")
    return _UNNAMED.sub(_HIDDEN, _NAMED.sub(rf"\1\2{_HIDDEN}", text))[:KEPT_REASON]


def kept_days(now: int) -> list[str]:
    """The days on which what is kept now may have been recorded, newest first: parts of fifteen."""
    today = _date(now).date()
    return [(today - n * _DAY).isoformat() for n in range(KEPT_DAYS + 1)]


def _date(milliseconds: int) -> datetime:
    return _EPOCH + timedelta(milliseconds=milliseconds)


def _storable(text: str) -> str:
    """Without halves of surrogate pairs, which are not UTF-8."""
    return text.encode(errors="replace").decode()
