"""One line for each run of a function that no request began: how it ended and how long it took."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeVar

from chalicelib.values import dataclass

from .log import Log
from .trouble import named, trouble

R = TypeVar("R")


class Event(Protocol):
    """What Chalice hands to a function."""

    context: Any

    def to_dict(self) -> dict[str, Any]: ...


class RunFailed(Exception):
    """A function failed. Lambda prints this, so it says no word of the cause: the log says where it was."""


@dataclass(frozen=True, eq=False, repr=False)
class RunLog:
    """`log` is asked for when there is something to say; `stopwatch` gives seconds from any beginning."""

    log: Callable[[], Log]
    stopwatch: Callable[[], float]

    def told(self, name: str, event: Event, run: Callable[[], R]) -> R:
        """What the run answers; raises RunFailed in the place of what it raises."""
        began = self.stopwatch()
        try:
            answer = run()
        except Exception as error:  # noqa: BLE001 - whatever it is, its words go no further
            self.log().error("run failed", extra=self._line(name, event, began) | trouble(error))
            raise RunFailed(f"{name} failed: {named(error)}") from None
        self.log().info("run", extra=self._line(name, event, began) | _failed(answer))
        return answer

    def _line(self, name: str, event: Event, began: float) -> dict[str, object]:
        records = event.to_dict().get("Records")
        return {
            "request_id": getattr(event.context, "aws_request_id", ""),
            "run": name,
            "duration_ms": round((self.stopwatch() - began) * 1000, 1),
            **({} if records is None else {"records": len(records)}),
        }


def _failed(answer: object) -> dict[str, object]:
    """How many messages of a batch come again."""
    refused = answer.get("batchItemFailures") if isinstance(answer, Mapping) else None
    return {} if refused is None else {"failed": len(refused)}
