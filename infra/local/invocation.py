"""Calls a Chalice app the way Lambda does, from many threads at once."""

from __future__ import annotations

import threading
import time
import uuid
from types import SimpleNamespace
from typing import Any

from infra.local.pinned import ACCOUNT, REGION


class LambdaContext(SimpleNamespace):
    """The context object of one invocation; attribute names are AWS's."""

    def __init__(self, function: str, *, request_id: str | None = None, timeout_seconds: float = 60) -> None:
        ends = time.monotonic() + timeout_seconds
        super().__init__(
            function_name=function,
            function_version="$LATEST",
            invoked_function_arn=f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{function}",
            memory_limit_in_mb=512,
            aws_request_id=request_id or str(uuid.uuid4()),
            log_group_name=f"/aws/lambda/{function}",
            log_stream_name="local",
            identity=None,
            client_context=None,
            get_remaining_time_in_millis=lambda: max(0, int((ends - time.monotonic()) * 1000)),
        )


def per_thread(app: Any) -> Any:
    """Make `app.current_request` and `app.lambda_context` each thread's own: in Lambda a process serves one
    request at a time and Chalice keeps both as plain attributes. Returns the same app."""
    local = threading.local()

    def mine(name: str) -> Any:
        return property(lambda _: getattr(local, name), lambda _, value: setattr(local, name, value))

    attributes = {"current_request": mine("current_request"), "lambda_context": mine("lambda_context")}
    object.__setattr__(app, "__class__", type(type(app).__name__, (type(app),), attributes))
    return app
