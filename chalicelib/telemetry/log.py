"""The logger: structured JSON lines, where Lambda reads them."""

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger


class Log(Protocol):
    """Takes lines. Keys, tokens, payloads and the words of errors are never handed to it."""

    def info(self, msg: object, *, extra: Mapping[str, object]) -> None: ...

    def error(self, msg: object, *, extra: Mapping[str, object]) -> None: ...


@cache
def logger() -> "Logger":
    """What is above POWERTOOLS_LOG_LEVEL, as one line of JSON each."""
    from aws_lambda_powertools import Logger  # noqa: PLC0415 - for those who have something to say

    return Logger(service="ains", location=None, utc=True, use_rfc3339=True)
