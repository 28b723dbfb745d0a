"""Measures the local cloud on this machine: `python -m tests.local.measure`. Docs quote it."""

import json
import statistics
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path

from infra.local import selfcheck
from infra.local.engine import LocalCloud
from infra.local.service import LocalService, Options
from tests.local.conftest import SMALL
from tests.local.tiny_app import TABLE, make_app

COUNT = 2000


def per_second(action: Callable[[int], object], count: int = COUNT) -> str:
    began = time.perf_counter()
    for n in range(count):
        action(n)
    return f"{count / (time.perf_counter() - began):,.0f}/s"


def engine_rows(directory: Path | None) -> dict[str, str]:
    with LocalCloud(template=SMALL, data_dir=directory) as cloud:
        began = time.perf_counter()
        selfcheck.check(cloud)
        rows = {"self-check": f"{(time.perf_counter() - began) * 1000:.0f} ms"}
        dynamodb, sqs, url = cloud.client("dynamodb"), cloud.client("sqs"), cloud.queue_url("ains-local-work")
        text = {"S": "x" * 300}
        rows["PutItem"] = per_second(
            lambda n: dynamodb.put_item(TableName=TABLE, Item={"task_id": {"S": str(n)}, "t": text})
        )
        rows["GetItem"] = per_second(
            lambda n: dynamodb.get_item(TableName=TABLE, Key={"task_id": {"S": str(n)}})
        )
        rows["TransactWriteItems of 2"] = per_second(
            lambda n: dynamodb.transact_write_items(TransactItems=pair(n))
        )
        rows["SendMessage"] = per_second(lambda _: sqs.send_message(QueueUrl=url, MessageBody="{}"))
        rows["Receive + Delete"] = per_second(lambda _: receive(sqs, url))
    if directory:
        began = time.perf_counter()
        with LocalCloud(template=SMALL, data_dir=directory):
            rows["recovery of 2000 rows"] = f"{(time.perf_counter() - began) * 1000:.0f} ms"
    return rows


def pair(n: int) -> list[dict[str, object]]:
    put = {"TableName": "ains-local-executions", "Item": {"schedule_id": {"S": "s"}, "slot": {"N": str(n)}}}
    values = {"UpdateExpression": "SET v = :v", "ExpressionAttributeValues": {":v": {"N": str(n)}}}
    return [{"Put": put}, {"Update": {"TableName": TABLE, "Key": {"task_id": {"S": str(n)}}, **values}}]


def receive(sqs: object, url: str) -> None:
    (message,) = sqs.receive_message(QueueUrl=url)["Messages"]
    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])


def service_rows(directory: Path) -> dict[str, str]:
    apps = []
    service = LocalService(
        Options(port=0, aws_port=0, data_dir=directory, template=SMALL),
        make_app=lambda: apps.append(make_app()) or apps[0],
    ).start()
    try:
        port = int(service.url.rsplit(":", 1)[1])
        rows = {"HTTP, no AWS call, 1 connection": clients(port, 1, "GET", "/")}
        rows["HTTP, 1 PutItem, 1 connection"] = clients(port, 1, "PUT", "/notes/n")
        rows["HTTP, 1 PutItem, 8 connections"] = clients(port, 8, "PUT", "/notes/n")
        connection = HTTPConnection("127.0.0.1", port)
        for _ in range(100):
            request(connection, "POST", "/work", json.dumps({"sent": time.time()}))
            time.sleep(0.01)
        late = [(entry["at"] - entry["body"]["sent"]) * 1000 for entry in apps[0].seen]
        rows["POST to handler through SQS"] = (
            f"{statistics.median(late):.1f} ms median, {max(late):.1f} ms worst"
        )
        return rows
    finally:
        service.stop()


def request(connection: HTTPConnection, method: str, path: str, body: str = "x") -> None:
    kind = "text/plain" if path.startswith("/notes") else "application/json"
    connection.request(method, path, None if method == "GET" else body, {"Content-Type": kind})
    answer = connection.getresponse()
    answer.read()
    assert answer.status < 300


def clients(port: int, count: int, method: str, path: str) -> str:
    def one(_: int) -> None:
        connection = HTTPConnection("127.0.0.1", port)
        for _ in range(COUNT // count):
            request(connection, method, path)
        connection.close()

    began = time.perf_counter()
    with ThreadPoolExecutor(count) as pool:
        list(pool.map(one, range(count)))
    return f"{COUNT / (time.perf_counter() - began):,.0f}/s"


def main() -> None:
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as two:
        memory, durable, served = engine_rows(None), engine_rows(Path(one)), service_rows(Path(two))
    print(f"{'through botocore, one thread':36} {'memory':>12} {'journal':>12}")
    for name, value in durable.items():
        print(f"{name:36} {memory.get(name, ''):>12} {value:>12}")
    print("\nthe service, with its journal")
    for name, value in served.items():
        print(f"{name:36} {value}")


if __name__ == "__main__":
    main()
