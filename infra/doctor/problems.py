"""What keeps the doctor from looking at all, said in one line to whoever typed the command."""

from __future__ import annotations

from collections.abc import Iterator

from botocore import exceptions
from botocore.exceptions import BotoCoreError, ClientError
from pynamodb.exceptions import PynamoDBException

AWS_ERRORS = (BotoCoreError, ClientError, PynamoDBException)
_NO_CREDENTIALS = (
    exceptions.NoCredentialsError,
    exceptions.PartialCredentialsError,
    exceptions.CredentialRetrievalError,
    exceptions.ProfileNotFound,
    exceptions.TokenRetrievalError,
    exceptions.SSOError,
)
_NOBODY_THERE = (exceptions.EndpointConnectionError, exceptions.HTTPClientError, exceptions.ConnectionError)
_REFUSED_KEYS = {
    "UnrecognizedClientException",
    "InvalidSignatureException",
    "ExpiredTokenException",
    "InvalidClientTokenId",
}


class CannotRun(Exception):
    """The message is one line and says what to do about it."""


def explained(error: BaseException, *, stage: str, endpoint: str | None) -> CannotRun:
    """What AWS's error means for whoever looks at this stage."""
    for cause in _causes(error):
        if isinstance(cause, _NO_CREDENTIALS):
            how = "set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
            return CannotRun(f"no AWS credentials ({_line(cause)}): {how}")
        if isinstance(cause, exceptions.NoRegionError):
            return CannotRun("no AWS region: set AWS_REGION to the stage's")
        if isinstance(cause, _NOBODY_THERE):
            hint = "is it running (make run)?" if endpoint else "is the network there?"
            return CannotRun(f"nobody answers at {endpoint or 'AWS'}: {hint}")
        if isinstance(cause, ClientError):
            return CannotRun(_refused(cause, stage))
    return CannotRun(f"the tables cannot be read: {type(error).__name__}: {_line(error)}")


def _refused(error: ClientError, stage: str) -> str:
    told = error.response.get("Error", {})
    code, message = told.get("Code", ""), " ".join(str(told.get("Message", "")).split())
    if code == "ResourceNotFoundException":
        return f"no tables ains-{stage}-*: is {stage!r} the stage, and this its account and region?"
    if code in _REFUSED_KEYS:
        return f"AWS does not accept these credentials ({code}): sign in again"
    if code == "AccessDeniedException":
        rights = "dynamodb:Scan, Query and BatchGetItem"
        return f"these credentials may not read ains-{stage}-*: {rights} are needed ({message})"
    return f"AWS refused to read: {code}: {message}"


def _causes(error: BaseException) -> Iterator[BaseException]:
    """PynamoDB wraps botocore's errors, twice where it adds the table's name."""
    seen: BaseException | None = error
    while seen is not None:
        yield seen
        seen = getattr(seen, "cause", None) or seen.__cause__


def _line(error: BaseException) -> str:
    return " ".join(str(error).split())
