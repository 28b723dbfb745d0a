"""The logger: structured JSON lines, where Lambda reads them."""

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger


@cache
def logger() -> "Logger":
    """Structured JSON lines, where Lambda reads them; payloads and keys are never handed to it."""
    from aws_lambda_powertools import Logger  # noqa: PLC0415 - for those who have something to say

    return Logger(service="ains")
