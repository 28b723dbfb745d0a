"""The environment that the app is imported under: the local stage, and no way to a real AWS account."""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
from collections.abc import Iterator

from infra.local.botocore_hook import ENVIRONMENT
from infra.local.journal import Journal

KEY_HASH = "admin_key_sha256"


@contextlib.contextmanager
def pointing_here(*, stage: str, work_queue_url: str, admin_key_sha256: str | None) -> Iterator[None]:
    """Point this process at the local cloud. Without an admin key's hash the service is open."""
    before = dict(os.environ)
    for name in list(os.environ):
        if name.startswith(("AWS_", "AINS_")):
            del os.environ[name]  # the user's own account, profile and endpoints are not for us
    os.environ.update(
        ENVIRONMENT,
        AWS_CONFIG_FILE=os.devnull,
        AWS_SHARED_CREDENTIALS_FILE=os.devnull,
        AINS_STAGE=stage,
        AINS_WORK_QUEUE_URL=work_queue_url,
        AINS_SOLE_PROCESS="1",
    )
    os.environ.setdefault("POWERTOOLS_LOG_LEVEL", "WARNING")
    if admin_key_sha256 is None:
        os.environ["AINS_OPEN_MODE"] = "1"
    else:
        os.environ["AINS_ADMIN_KEY_SHA256"] = admin_key_sha256
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def admin_key(journal: Journal | None) -> tuple[str, str | None]:
    """(the hash to run with, the key itself when it was made just now). Only the hash is kept."""
    if journal is not None and (known := journal.meta(KEY_HASH)):
        return known, None
    key = f"ains_{secrets.token_urlsafe(32)}"
    digest = hashlib.sha256(key.encode()).hexdigest()
    if journal is not None:
        journal.set_meta(KEY_HASH, digest)
    return digest, key
