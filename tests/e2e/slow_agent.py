"""An agent whose tasks say how long each agent takes over them: `{"agent-1": 3.5}`, in seconds."""

import logging
import sys
from typing import Any

from agent_client import Agent, Assignment, Ending, HttpSync, SqsLongPoll, TaskContext
from agent_client.samples import sample_agent


def main() -> int:
    """The options and the exit code of the sample agent."""
    options = sample_agent.parser().parse_args()
    logging.basicConfig(stream=sys.stdout, format="%(message)s", level=logging.INFO)
    agent = Agent(
        options.name,
        max_concurrency=options.max_concurrency,
        poll_interval=options.poll_interval,
        heartbeat_interval=options.heartbeat_interval,
        grace=options.grace,
        exit_when_drained=options.exit_when_drained,
        transport=SqsLongPoll() if options.transport == "sqs" else HttpSync(),
    )

    @agent.handler(options.capability[0])
    def work(task: Assignment, context: TaskContext) -> Any:
        context.cancelled.wait(task.input_data.get(options.name, 0))
        return {"by": options.name}

    return 0 if agent.run() is Ending.DRAINED else 1


if __name__ == "__main__":
    sys.exit(main())
