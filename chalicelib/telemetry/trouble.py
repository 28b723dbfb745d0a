"""What the log says of an error: type, AWS' code and places. Never its words, which may quote a payload."""

from collections.abc import Iterator
from pathlib import PurePath
from traceback import walk_tb

MOST_CAUSES = 5
MOST_PLACES = 12  # of each error, the innermost


def named(error: BaseException) -> str:
    """From the error to its first cause, such as `PutError from ClientError PutItem ThrottlingException`."""
    return " from ".join(_name(each) for each in _chain(error))


def trouble(error: BaseException) -> dict[str, object]:
    """Fields for a line of the log. The last place is where the first cause was raised."""
    return {"error": named(error), "stack": [place for each in _chain(error) for place in _places(each)]}


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error and what it came from, the first cause last."""
    found: BaseException | None = error
    for _ in range(MOST_CAUSES):
        if found is None:
            return
        yield found
        found = found.__cause__ or (None if found.__suppress_context__ else found.__context__)


def _name(error: BaseException) -> str:
    """The type; of an answer of AWS also the operation and the code, which are words of AWS'."""
    answer = getattr(error, "response", None)
    code = answer.get("Error", {}).get("Code") if isinstance(answer, dict) else None
    parts = (type(error).__name__, getattr(error, "operation_name", None), code)
    return " ".join(part for part in parts if isinstance(part, str))


def _places(error: BaseException) -> list[str]:
    """`chalicelib/api/answering.py:61 _answer`, the innermost last."""
    places = [
        f"{'/'.join(PurePath(frame.f_code.co_filename).parts[-3:])}:{line} {frame.f_code.co_name}"
        for frame, line in walk_tb(error.__traceback__)
    ]
    return places[-MOST_PLACES:]
