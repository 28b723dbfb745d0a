"""What can go wrong, named by the fact and grouped by what the caller can do.

DomainError
├── Invalid         change the request: every wrong field is named
├── TooLarge        send less
├── KeyReused       the idempotency key came with another body before
├── NotFound        nothing there that you may see
├── Unauthorized    show a valid key
├── Forbidden       known, but not allowed
└── Conflict        look at the state, then decide
    ├── IllegalMove     the state graph has no such edge
    ├── StaleLease      the lease token is no longer current
    ├── Superseded      another session of this agent took over
    ├── StaleSync       an older sync arrived after a newer one
    └── LostRace        somebody else wrote the row first
"""

from typing import Self

from chalicelib.values import dataclass


class DomainError(Exception):
    """Something the caller can act upon."""


@dataclass(frozen=True)
class FieldError:
    """One wrong field: a JSON pointer (RFC 6901, or a parameter's name) and what would be right."""

    pointer: str
    message: str


class Invalid(DomainError):
    """The request cannot be understood or breaks a stated bound."""

    def __init__(self, errors: tuple[FieldError, ...]) -> None:
        self.errors = errors
        super().__init__("; ".join(f"{e.pointer}: {e.message}" if e.pointer else e.message for e in errors))

    @classmethod
    def at(cls, pointer: str, message: str) -> Self:
        """One wrong field."""
        return cls((FieldError(pointer, message),))


def unknown_cursor() -> Invalid:
    """What is said to a cursor that the list never gave out."""
    return Invalid.at("cursor", "is not one that this list answered; leave it out to start over")


class TooLarge(DomainError):
    """The request or one of its payloads is larger than the stated limit."""


class KeyReused(DomainError):
    """The same idempotency key came with another body before: use a new key for a new request."""


class NotFound(DomainError):
    """Unknown, or not yours: the two cannot be told apart."""


class Unauthorized(DomainError):
    """No valid key was shown."""


class Forbidden(DomainError):
    """The caller is known, but this is not for them."""


class QuotaExceeded(DomainError):
    """There is as much of it as there may be."""


class Conflict(DomainError):
    """The request is fine, the state is not."""


class IllegalMove(Conflict):
    """The state graph has no such edge."""


class StaleLease(Conflict):
    """The lease token, or the agent, no longer holds this task."""


class Superseded(Conflict):
    """Another session registered under the same agent id."""


class StaleSync(Conflict):
    """A newer sync of this session was already accepted."""


class LostRace(Conflict):
    """The row changed between read and write; read again and decide again."""
