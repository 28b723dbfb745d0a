"""Leads botocore's calls to the engine: every client of this process, boto3's and PynamoDB's too.

It replaces Endpoint._send rather than registering a `before-send` handler: a handler reaches only clients
made after it, and botocore runs all handlers before it takes the first answer, so a test's injected
failure would not keep the engine from doing the work. Here `before-send` handlers come first and, when
one answers, the engine is never called.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import botocore
import botocore.session
from botocore import handlers
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.config import Config
from botocore.endpoint import Endpoint as _Endpoint
from botocore.useragent import UserAgentString as _UserAgentString

from infra.local.calls import Answer, Call
from infra.local.pinned import REGION

Endpoint: Any = _Endpoint  # `_send` is not in its stubs
UserAgentString: Any = _UserAgentString  # made anew for each call, and read by nobody here
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "local",
    "AWS_SECRET_ACCESS_KEY": "local",
    "AWS_REGION": REGION,
    "AWS_DEFAULT_REGION": REGION,
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_REQUEST_CHECKSUM_CALCULATION": "when_required",
    "AWS_RESPONSE_CHECKSUM_VALIDATION": "when_required",
    "AWS_DISABLE_REQUEST_COMPRESSION": "true",
}
KNOWN = ("dynamodb", "sqs", "monitoring")


def _unsigned(**_: Any) -> Any:
    """Nobody checks signatures here, and making them is a quarter of a call's cost."""
    return botocore.UNSIGNED


class BotocoreHook:
    """Installed while a LocalCloud is started. `call` runs the engine; `host` is what queue URLs name."""

    def __init__(self, call: Callable[[Call], Answer], host: Callable[[], str]) -> None:
        self._call = call
        self._host = host
        self._original = Endpoint._send
        self._user_agent = UserAgentString.to_string
        self._environment: dict[str, str | None] = {}
        self._signer = ("choose-signer", _unsigned)

    def install(self) -> None:
        hook = self

        def send(endpoint: Any, request: Any) -> Any:
            return hook.send(endpoint, request)

        self._environment = {name: os.environ.get(name) for name in ENVIRONMENT}
        for name, value in ENVIRONMENT.items():
            os.environ.setdefault(name, value)
        Endpoint._send = send
        UserAgentString.to_string = lambda _: "ains-local"
        handlers.BUILTIN_HANDLERS.append(self._signer)

    def uninstall(self) -> None:
        Endpoint._send = self._original
        UserAgentString.to_string = self._user_agent
        if self._signer in handlers.BUILTIN_HANDLERS:
            handlers.BUILTIN_HANDLERS.remove(self._signer)
        for name, value in self._environment.items():
            if value is None:
                os.environ.pop(name, None)
        self._environment = {}

    def send(self, endpoint: Any, request: Any) -> Any:
        """In place of the network, for AWS's own hosts; an explicit endpoint_url is left alone."""
        url = urlsplit(request.url)
        if not (url.hostname or "").endswith(".amazonaws.com"):
            return self._original(endpoint, request)
        service = endpoint._endpoint_prefix
        if service not in KNOWN:
            raise NotImplementedError(f"the local cloud has no {service}")
        answer = self._call(self._as_call(service, request, url.path))
        headers = {name: value for name, value in answer.headers.items() if name != "x-amz-crc32"}
        raw: Any = SimpleNamespace(stream=lambda: (answer.body,))  # all that AWSResponse asks of it
        return AWSResponse(request.url, answer.status, HTTPHeaders.from_dict(headers), raw)

    def _as_call(self, service: str, request: Any, path: str) -> Call:
        headers = {name.lower(): _text(value) for name, value in request.headers.items()}
        headers["host"] = self._host()
        body = request.body or b""
        action = headers.get("x-amz-target", "").rpartition(".")[2]
        return Call(service, action, headers, body if isinstance(body, bytes) else body.encode(), path)

    def client(self, service: str) -> Any:
        config = Config(
            signature_version=botocore.UNSIGNED, parameter_validation=False, retries={"total_max_attempts": 1}
        )
        session = botocore.session.Session()
        return session.create_client(service, region_name=REGION, config=config)


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value
