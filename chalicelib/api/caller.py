"""Who is asking: decided before anything of the request is parsed or read."""

import hashlib
import hmac
from collections.abc import Mapping
from enum import StrEnum

from chalicelib.domain.errors import Forbidden, Unauthorized
from chalicelib.values import dataclass

LOCAL_TENANT = "local"
REFUSAL = "show a valid key in X-API-Key, or as Authorization: Bearer"  # the same for every reason


class CallerKind(StrEnum):
    """What a key is for."""

    ADMIN = "admin"
    ANYBODY = "anybody"  # nobody asked


@dataclass(frozen=True)
class Caller:
    """Whoever showed the key; everything it sees belongs to its tenant."""

    tenant: str
    kind: CallerKind

    def require_admin(self) -> None:
        """Raises Forbidden for everybody else."""
        if self.kind is not CallerKind.ADMIN:
            raise Forbidden("this is for admins")


ANYBODY = Caller("", CallerKind.ANYBODY)


@dataclass(frozen=True)
class Auth:
    """In `open_mode` (a service on loopback) everybody is an admin; else, with no key configured, nobody."""

    open_mode: bool = False
    admin_key_sha256: str | None = None

    def caller(self, headers: Mapping[str, str]) -> Caller:
        """Raises Unauthorized. Keys in the query string do not count: they end up in logs."""
        if not self.open_mode and not self._is_admin(_shown_key(headers)):
            raise Unauthorized(REFUSAL)
        return Caller(LOCAL_TENANT, CallerKind.ADMIN)

    def _is_admin(self, key: str | None) -> bool:
        shown = hashlib.sha256((key or "").encode(errors="replace")).hexdigest()
        wanted = (self.admin_key_sha256 or "").lower().encode(errors="replace")
        return hmac.compare_digest(shown.encode(), wanted) and bool(key)


def _shown_key(headers: Mapping[str, str]) -> str | None:
    if key := headers.get("x-api-key"):
        return key.strip()
    scheme, _, credentials = headers.get("authorization", "").partition(" ")
    return credentials.strip() if scheme.lower() == "bearer" else None
