"""Words that are planted where no log may look, and everything that is logged while they are about."""

import contextlib
import io
import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from chalicelib import telemetry

SONG = "canary"


@dataclass
class Canaries:
    """`canaries("result")` is a word of its own for each place it is planted in."""

    planted: list[str] = field(default_factory=list)

    def __call__(self, place: str) -> str:
        self.planted.append(f"{SONG}-{place.replace('_', '-')}-{len(self.planted)}")
        return self.planted[-1]


@dataclass(frozen=True)
class Heard:
    """Everything that was written meanwhile: each logger's lines, and both standard streams."""

    streams: dict[str, io.StringIO]

    def sung(self) -> list[str]:
        """The lines with a canary in them, whichever and whoever wrote them."""
        lines = [line for stream in self.streams.values() for line in stream.getvalue().splitlines()]
        return [line for line in lines if SONG in line.lower()]

    def told(self, message: str) -> list[dict[str, Any]]:
        """Lines of the service's own log."""
        return [line for line in self._own() if line["message"] == message]

    def fields(self) -> set[str]:
        """Of all lines of that log."""
        return {name for line in self._own() for name in line}

    def _own(self) -> Iterator[dict[str, Any]]:
        return map(json.loads, self.streams["log"].getvalue().splitlines())


@contextlib.contextmanager
def listening() -> Iterator[Heard]:
    """The service's logger and every other one from INFO on, as on Lambda, with the errors they quote."""
    heard = Heard({name: io.StringIO() for name in ("log", "loggers", "stdout", "stderr")})
    own = telemetry.logger()
    handler = own.registered_handler
    assert isinstance(handler, logging.StreamHandler)
    before, handler.stream = handler.stream, heard.streams["log"]  # setStream would flush one that is closed
    root, others = logging.getLogger(), logging.StreamHandler(heard.streams["loggers"])
    levels = own.log_level, root.level
    root.addHandler(others)
    for each in (own, root):
        each.setLevel(logging.INFO)
    try:
        with contextlib.redirect_stdout(heard.streams["stdout"]):
            with contextlib.redirect_stderr(heard.streams["stderr"]):
                yield heard
    finally:
        for each, level in zip((own, root), levels, strict=True):
            each.setLevel(level)
        root.removeHandler(others)
        handler.stream = before
