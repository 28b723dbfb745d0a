"""A whole agent: registers, sends heartbeats, polls, works, reports."""

from __future__ import annotations

import argparse
import logging
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from agent_client import Agent, Assignment, Ending, Fail, HttpSync, SqsLongPoll, TaskContext
from agent_client.client import DEFAULT_BASE_URL

Work = Callable[[Any], Any]


def report(data: Any) -> dict[str, Any]:
    """Summarises the numbers and texts given, wherever they stand in the input."""
    numbers = [v for v in _leaves(data) if isinstance(v, int | float) and not isinstance(v, bool)]
    words = [w for text in _leaves(data) if isinstance(text, str) for w in text.split()]
    summary: dict[str, Any] = {"numbers": len(numbers), "words": len(words)}
    if numbers:
        summary |= {"sum": sum(numbers), "mean": sum(numbers) / len(numbers)}
        summary |= {"min": min(numbers), "max": max(numbers)}
    if words:
        summary["most_frequent_words"] = dict(Counter(w.lower() for w in words).most_common(5))
    return summary


def echo(data: Any) -> Any:
    """The input."""
    return data


def math(data: Any) -> dict[str, Any]:
    """`{"operation": "sum" | "product" | "max" | "min", "numbers": [...]}`; the sum when none is named."""
    fields = data if isinstance(data, dict) else {"numbers": data}
    numbers, name = fields.get("numbers"), fields.get("operation", "sum")
    operation = _OPERATIONS.get(str(name))
    if operation is None:
        raise Fail(f"operation must be one of {', '.join(_OPERATIONS)}, not {name!r}")
    if not isinstance(numbers, list) or not numbers or not all(isinstance(n, int | float) for n in numbers):
        raise Fail("numbers must be a list of one or more numbers")
    return {"operation": name, "result": operation(numbers)}


def _product(numbers: Sequence[float]) -> float:
    result: float = 1
    for number in numbers:
        result *= number
    return result


_OPERATIONS: dict[str, Callable[[Any], float]] = {"sum": sum, "product": _product, "max": max, "min": min}
_WORK: dict[str, Work] = {"report-v1": report, "echo": echo, "math": math}


def _leaves(data: Any) -> list[Any]:
    if isinstance(data, dict):
        return [leaf for value in data.values() for leaf in _leaves(value)]
    if isinstance(data, list):
        return [leaf for value in data for leaf in _leaves(value)]
    return [data]


def handler(work: Work, *, work_seconds: float, fail_first: int) -> Callable[[Assignment, TaskContext], Any]:
    """The work, made slower and less reliable as asked."""

    def handle(task: Assignment, context: TaskContext) -> Any:
        if work_seconds and context.cancelled.wait(work_seconds):
            raise Fail("cancelled while working")
        if context.attempt < fail_first:
            raise RuntimeError(f"attempt {context.attempt + 1} fails, as asked by --fail-first {fail_first}")
        return work(task.input_data)

    return handle


def build(options: argparse.Namespace) -> Agent:
    """The agent those options describe. A capability without work of its own gets the report."""
    agent = Agent(
        options.name,
        agent_id=options.agent_id,
        base_url=options.base_url,
        api_key=options.api_key,
        max_concurrency=options.max_concurrency,
        poll_interval=options.poll_interval,
        heartbeat_interval=options.heartbeat_interval,
        grace=options.grace,
        exit_when_drained=options.exit_when_drained,
        transport=SqsLongPoll() if options.transport == "sqs" else HttpSync(),
    )
    for capability in options.capability or _WORK:
        work = _WORK.get(capability, report)
        agent.handler(capability)(
            handler(work, work_seconds=options.work_seconds, fail_first=options.fail_first)
        )
    return agent


def parser() -> argparse.ArgumentParser:
    """What can be asked on the command line."""
    parser = argparse.ArgumentParser(prog="sample_agent", description=__doc__)
    add = parser.add_argument
    add("--base-url", default=None, help=f"the service (default: AINS_BASE_URL, then {DEFAULT_BASE_URL})")
    add("--api-key", default=None, help="sent as X-API-Key (default: AINS_API_KEY, then none)")
    add("--name", default="sample-agent-1", help="default: %(default)s")
    add("--agent-id", default=None, help="default: the name")
    add("--capability", action="append", help="may be repeated; default: report-v1, echo and math")
    add("--transport", choices=("http", "sqs"), default="http")
    add("--max-concurrency", type=int, default=1, metavar="N")
    add("--heartbeat-interval", type=float, default=10.0, metavar="SECONDS", help="default: %(default)s")
    add("--poll-interval", type=float, default=5.0, metavar="SECONDS", help="default: %(default)s")
    add(
        "--grace", type=float, default=25.0, metavar="SECONDS", help="to finish in after SIGTERM: %(default)s"
    )
    add("--exit-when-drained", action="store_true", help="end when an operator drained it and it is idle")
    add("--work-seconds", type=float, default=0.0, metavar="SECONDS", help="how long a task takes")
    add("--fail-first", type=int, default=0, metavar="N", help="the first N attempts of each task fail")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when it was stopped and drained, 1 when it could not run or another process took it over."""
    options = parser().parse_args(arguments)
    lines = logging.StreamHandler(sys.stdout)
    log = logging.getLogger("agent_client")
    log.addHandler(lines)
    log.setLevel(logging.INFO)
    try:
        ending = build(options).run()
    except Exception as error:  # noqa: BLE001 - one clear line instead of a traceback
        print(f"The agent cannot run: {error}", file=sys.stderr)
        return 1
    finally:
        log.removeHandler(lines)
    return 0 if ending is Ending.DRAINED else 1


if __name__ == "__main__":
    sys.exit(main())
