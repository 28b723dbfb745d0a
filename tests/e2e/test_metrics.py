"""What was done is what Prometheus sees, on the local service and on a deployed stage."""

import re
import urllib.request

from agent_client import Client
from tests.e2e.processes import Target, until

SUBMITTED = 3


def created(target: Target) -> int:
    """`tasks_created_total` of a scrape."""
    headers = {"Authorization": f"Bearer {target.key}"} if target.key else {}
    request = urllib.request.Request(target.url + "/metrics", headers=headers)
    with urllib.request.urlopen(request, timeout=30) as answer:
        found = re.search(r"^tasks_created_total (\d+)$", answer.read().decode(), re.MULTILINE)
    assert found is not None
    return int(found[1])


def test_tasks_that_are_submitted_are_counted(target: Target, client: Client, name: str) -> None:
    before = created(target)
    for _ in range(SUBMITTED):
        client.submit_task(client_id=name, task_type="count", capability_required=name, input_data={})
    until(lambda: created(target) >= before + SUBMITTED, timeout=30, what="the stream was not counted")
