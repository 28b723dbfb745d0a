"""`python -m infra.local` as people meet it: its banner, its refusals in one line, its end."""

import json
import os
import select
import signal
import socket
import sqlite3
import threading
import time

import httpx
import pytest

from infra.local.journal import Journal
from tests.local.conftest import until


def refusal(process):
    """Its one line on stderr."""
    code, _, err = process.ended()
    assert code == 1
    (line,) = err.splitlines()
    return line


def test_the_banner_says_where_what_and_what_next(spawn):
    process = spawn().ready()
    httpx.put(f"{process.url}/notes/n", content="x").raise_for_status()
    process.popen.send_signal(signal.SIGTERM)
    code, out, err = process.ended()
    assert (code, err) == (0, "")
    assert f"{process.url}/console" in out
    assert process.aws_url in out
    assert "new and empty" in out
    assert out.count("curl ") == 3
    again = spawn().ready()
    again.popen.send_signal(signal.SIGINT)
    assert "recovered 1 task" in again.ended()[1]


def test_ephemeral_keeps_nothing(spawn, tmp_path):
    process = spawn("--ephemeral").ready()
    process.popen.terminate()
    assert "memory only" in process.ended()[1]
    assert not (tmp_path / "data").exists()


def test_a_data_directory_in_use_is_one_line(spawn):
    first = spawn().ready()
    line = refusal(spawn())
    assert f"in use by a running service (pid {first.popen.pid})" in line


def test_a_data_directory_that_cannot_be_made_is_one_line(spawn, tmp_path):
    (tmp_path / "file").write_text("")
    assert "cannot write to the data directory" in refusal(spawn(directory=tmp_path / "file" / "data"))


@pytest.mark.parametrize("keep", [0.0, 0.5])
def test_a_damaged_data_file_is_one_line(spawn, tmp_path, keep):
    file = tmp_path / "data" / "ains.sqlite"
    journal = Journal(file.parent)
    for n in range(200):
        journal.set_meta(str(n), "x" * 900)
    journal.close()
    whole = file.read_bytes()
    file.write_bytes(whole[: int(len(whole) * keep)] or b"this is no database, but long enough to look" * 20)
    assert f"the data file {file} is damaged" in refusal(spawn())


def test_missing_calls_are_one_line_and_accepted_by_option_only(spawn, tmp_path):
    process = spawn().ready()
    httpx.put(f"{process.url}/notes/n", content="x").raise_for_status()
    process.popen.kill()
    process.ended()
    (tmp_path / "data" / "ains.sqlite-wal").unlink()
    line = refusal(spawn())
    assert "lacks the last" in line
    assert "--accept-loss" in line
    process = spawn("--accept-loss").ready()
    process.popen.terminate()
    code, out, err = process.ended()
    assert (code, "new and empty" in out) == (0, True)
    assert err.count("lacks the last") == 1


def test_a_data_file_of_another_format_is_one_line(spawn, tmp_path):
    process = spawn().ready()
    process.popen.terminate()
    process.ended()
    with sqlite3.connect(tmp_path / "data" / "ains.sqlite") as db:
        db.execute("UPDATE meta SET value = '99' WHERE key = 'format'")
    db.close()
    assert "has format 99" in refusal(spawn())


@pytest.mark.parametrize("option", ["--port", "--aws-port"])
def test_a_port_in_use_is_one_line(spawn, option):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert f"cannot listen on 127.0.0.1:{port}" in refusal(spawn(option, str(port)))


def test_a_template_that_is_missing_is_one_line(spawn, tmp_path):
    assert "cannot read the template" in refusal(spawn("--template", str(tmp_path / "none.yaml")))


def test_a_stop_answers_what_is_in_flight_and_takes_moments(spawn):
    process, answers = spawn().ready(), []
    slow = threading.Thread(target=lambda: answers.append(httpx.get(f"{process.url}/slow", timeout=60)))
    headers = {"X-Amz-Target": "AmazonSQS.ReceiveMessage"}
    poll = {"QueueUrl": f"{process.aws_url}/000000000000/ains-local-work-dead", "WaitTimeSeconds": 20}
    poller = threading.Thread(
        target=lambda: answers.append(httpx.post(process.aws_url, json=poll, headers=headers, timeout=60))
    )
    poller.start()
    slow.start()
    until(lambda: httpx.get(f"{process.url}/notes/slow", timeout=60).json()["text"])
    time.sleep(0.3)  # nothing tells from outside that the poll has arrived, too
    began = time.monotonic()
    process.popen.send_signal(signal.SIGTERM)
    assert process.ended()[0] == 0
    assert time.monotonic() - began < 15  # not as long as the poll
    slow.join()
    poller.join()
    assert sorted(answer.text for answer in answers) == ['{"finished":true}', "{}"]


def test_the_service_listens_on_the_loopback_interface_only(spawn):
    process = spawn().ready()
    port = int(process.url.rsplit(":", 1)[1])
    addresses = {info[4][0] for info in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)}
    for address in addresses - {"127.0.0.1", "127.0.1.1"}:
        with pytest.raises(OSError, match="refused"):
            socket.create_connection((address, port), timeout=2)


def test_metrics_go_to_cloudwatch_and_not_to_the_terminal(spawn):
    process = spawn("--metrics-seconds", "0.1").ready()
    httpx.post(f"{process.url}/work", json={"n": 1}).raise_for_status()
    headers = {"X-Amz-Target": "GraniteServiceVersion20100801.ListMetrics"}

    def metrics():
        answer = httpx.post(process.aws_url, json={"Namespace": "tiny"}, headers=headers)
        return answer.json().get("Metrics")

    (metric,) = until(metrics)
    assert (metric["MetricName"], metric["Dimensions"]) == ("Worked", [{"Name": "kind", "Value": "note"}])
    process.popen.terminate()
    assert "_aws" not in process.ended()[1]


def test_the_admin_key_is_shown_once_and_only_its_hash_is_kept(spawn, tmp_path):
    shown = []
    for _ in range(2):
        process = spawn("--auth").ready()
        process.popen.terminate()
        shown.append(process.ended()[1])
    key = shown[0].split("AINS_API_KEY=")[1].split()[0]
    assert "AINS_API_KEY=" not in shown[1]
    assert key.encode() not in (tmp_path / "data" / "ains.sqlite").read_bytes()


def test_what_is_no_regular_file_is_never_replaced_by_the_ready_file(spawn, tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDWR | os.O_NONBLOCK)
    try:
        process = spawn("--ready-file", str(pipe))
        assert until(lambda: select.select([reader], [], [], 0)[0], seconds=20)
        assert json.loads(os.read(reader, 4096))["pid"] == process.popen.pid
    finally:
        os.close(reader)
    assert pipe.is_fifo()


def test_the_ready_file_is_whole_and_names_the_process(spawn):
    process = spawn().ready()
    ready = json.loads(process.ready_file.read_text())
    assert ready == {"url": process.url, "aws_endpoint_url": process.aws_url, "pid": process.popen.pid}
