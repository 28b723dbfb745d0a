"""Runs handlers: plain functions on a thread each, coroutines on one event loop."""

from __future__ import annotations

import asyncio
import inspect
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from agent_client._jobs import Job, Report, completed, failed

Finished = Callable[[Job, Report], None]


@dataclass(frozen=True)
class Handler:
    """A user's function and how it wants to be called."""

    function: Callable[..., Any]
    is_async: bool
    takes_context: bool

    @classmethod
    def of(cls, function: Callable[..., Any]) -> Handler:
        """Raises TypeError unless it can be called as (task) or (task, context)."""
        takes_context = _wants_context(function)
        if not _accepts(function, 2 if takes_context else 1):
            raise TypeError(f"a handler is called as (task) or (task, context); {function!r} takes neither")
        is_async = inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(
            getattr(function, "__call__", None)  # noqa: B004 - not asking whether it is callable
        )
        return cls(function, is_async, takes_context)

    def __call__(self, job: Job) -> Any:
        if self.takes_context:
            return self.function(job.task, job.context)
        return self.function(job.task)


def _wants_context(function: Callable[..., Any]) -> bool:
    """A second parameter that has a default is the handler's own, unless it is named for the context."""
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    takes = [p for p in inspect.signature(function).parameters.values() if p.kind in kinds]
    return len(takes) > 1 and (
        takes[1].default is inspect.Parameter.empty or takes[1].name in ("context", "ctx")
    )


def _accepts(function: Callable[..., Any], count: int) -> bool:
    try:
        inspect.signature(function).bind(*range(count))
    except TypeError:
        return False
    return True


class Runner:
    """Starts jobs; calls `finished` once for each, on the thread that ran it."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._loop_thread: threading.Thread | None = None

    def start(self, job: Job, handler: Handler, finished: Finished) -> None:
        try:
            if handler.is_async:
                self._start_on_loop(job, handler, finished)
            else:
                name = f"ains-{job.task.task_id}"
                # A daemon, so that a handler that never ends cannot keep a process from stopping.
                threading.Thread(target=_run, args=(job, handler, finished), name=name, daemon=True).start()
        except RuntimeError as error:  # the machine has no thread left
            finished(job, failed(job.task, error))

    def close(self) -> None:
        """Cancels the coroutines that still run, and ends the loop."""
        loop, thread = self._loop, self._loop_thread
        self._loop = self._loop_thread = None
        if loop is not None and thread is not None:
            loop.call_soon_threadsafe(loop.stop)
            thread.join(timeout=5)

    def _start_on_loop(self, job: Job, handler: Handler, finished: Finished) -> None:
        loop = self._running_loop()

        def begin() -> None:
            task = loop.create_task(handler(job))
            task.add_done_callback(lambda done: finished(job, _outcome(job, done)))
            job.stop = lambda: _soon(loop, task.cancel)
            if job.is_dropped:
                task.cancel()

        loop.call_soon_threadsafe(begin)

    def _running_loop(self) -> asyncio.AbstractEventLoop:
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            self._loop_thread = threading.Thread(
                target=_serve, args=(self._loop,), name="ains-handlers", daemon=True
            )
            self._loop_thread.start()
        return self._loop


def _run(job: Job, handler: Handler, finished: Finished) -> None:
    try:
        report = completed(job.task, handler(job))
    except BaseException as error:  # noqa: BLE001 - SystemExit too: the slot must come free
        report = failed(job.task, error)
    finished(job, report)


def _outcome(job: Job, done: asyncio.Task[Any]) -> Report:
    if done.cancelled():
        return failed(job.task, asyncio.CancelledError("the handler was cancelled"))
    error = done.exception()
    return completed(job.task, done.result()) if error is None else failed(job.task, error)


def _soon(loop: asyncio.AbstractEventLoop, call: Callable[[], object]) -> None:
    with suppress(RuntimeError):  # the loop is closed: so is what ran on it
        loop.call_soon_threadsafe(call)


def _serve(loop: asyncio.AbstractEventLoop) -> None:
    asyncio.set_event_loop(loop)
    try:
        loop.run_forever()
    finally:
        left = asyncio.all_tasks(loop)
        for task in left:
            task.cancel()
        loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()
