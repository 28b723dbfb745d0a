"""The real wire, against real sockets on loopback."""

import http.client
import socket
import ssl
import threading

import pytest
from sdk_served import served

from agent_client import Client, ConnectionFailed, HttpWire, NotFound, Request, Timeout
from agent_client._http import transport_error
from agent_client.testing import FakeService


def test_a_call_goes_there_and_back() -> None:
    service = FakeService()
    with served(service) as url, Client(url) as client:
        task = client.submit_task("T", capability_required="x", client_id="me", input_data={"é": "☃"})
        assert client.get_task(task.task_id).input_data == {"é": "☃"}
        with pytest.raises(NotFound):
            client.get_task("unknown")


def test_connections_are_kept_and_shared_by_threads() -> None:
    service = FakeService()
    ports: list[int] = []

    with served(service) as url, Client(url) as client:
        task = client.submit_task("T", capability_required="x", client_id="me")
        for _ in range(3):
            client.get_task(task.task_id)
            ports.append(client._wire._idle[0].sock.getsockname()[1])
        threads = [threading.Thread(target=client.get_task, args=(task.task_id,)) for _ in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(client._wire._idle) <= 8
    assert len(set(ports)) == 1


def test_a_kept_connection_that_the_service_closed_is_not_used_again() -> None:
    wire = HttpWire("http://127.0.0.1:1")
    ours, theirs = socket.socketpair()
    connection = http.client.HTTPConnection("127.0.0.1", 1)
    connection.sock = ours
    wire._put_back(connection)
    theirs.close()
    assert wire._kept() is None
    assert ours.fileno() == -1


def test_a_path_below_the_host_is_kept() -> None:
    service = FakeService()
    with served(service) as url, Client(f"{url}/api/") as client:
        with pytest.raises(NotFound):
            client.get_task("t-1")
    assert service.requests[0].target == "/api/aitp/tasks/t-1"


def test_nobody_listening_is_a_connection_that_never_was() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(ConnectionFailed, match=f"^no connection to {url}: .*refused") as failed:
            HttpWire(url).send(Request("GET", "/health"))
    assert not failed.value.was_sent


def test_a_service_that_does_not_answer_in_time_is_a_timeout() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(Timeout, match=f"^no answer from {url} in time") as failed:
            HttpWire(url, read_timeout=0.02).send(Request("GET", "/health"))
    assert failed.value.was_sent


def test_a_connection_cut_in_the_midst_is_a_connection_failure() -> None:
    def cut(server: socket.socket) -> None:
        connection, _ = server.accept()
        connection.recv(100)
        connection.close()

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=cut, args=(server,))
        thread.start()
        with pytest.raises(ConnectionFailed) as failed:
            HttpWire(f"http://127.0.0.1:{server.getsockname()[1]}").send(Request("GET", "/health"))
        thread.join()
    assert failed.value.was_sent


def test_tls_to_a_port_that_speaks_none_fails_before_anything_is_sent() -> None:
    with served(FakeService()) as url:
        with pytest.raises(ConnectionFailed) as failed:
            HttpWire(url.replace("http:", "https:")).send(Request("GET", "/health"))
    assert not failed.value.was_sent


def _foreign() -> list[type[Exception]]:
    def below(kind: type) -> set[type]:
        return {kind}.union(*(below(sub) for sub in kind.__subclasses__()))

    modules = ("builtins", "http.client", "socket", "ssl")
    return sorted(
        (c for c in below(http.client.HTTPException) | below(OSError) if c.__module__ in modules), key=str
    )


@pytest.mark.parametrize("kind", _foreign())
def test_no_error_of_the_standard_library_gets_through(kind: type[Exception]) -> None:
    made = kind(b"half") if kind is http.client.IncompleteRead else kind.__new__(kind)
    mapped = transport_error(made, was_sent=True, where="http://there")
    assert isinstance(mapped, Timeout if issubclass(kind, TimeoutError) else ConnectionFailed)
    assert str(mapped)


def test_a_certificate_that_does_not_fit_is_said_so() -> None:
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    assert "certificate verify failed" in str(transport_error(error, was_sent=False, where="https://there"))
