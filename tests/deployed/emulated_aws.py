"""MiniStack as a server of its own: TLS, IAM policies enforced, every call recorded."""

import datetime
import ipaddress
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from ssl import create_default_context
from typing import Any

import botocore.session
from botocore.config import Config
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

REGION = "us-east-1"
# The account's root, by the name that agents also use for the local cloud.
ROOT_CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "local",
    "AWS_SECRET_ACCESS_KEY": "local",
    "AWS_DEFAULT_REGION": REGION,
}
INHERITED = ("PATH", "HOME", "LANG", "LD_LIBRARY_PATH")


@dataclass(frozen=True)
class EmulatedAws:
    """Where it listens, whom it makes a client trust, and what it wrote meanwhile."""

    url: str
    certificate: Path
    log: Path

    def client(self, service: str) -> Any:
        """A client with the rights of the account's root."""
        return botocore.session.get_session().create_client(
            service,
            region_name=REGION,
            endpoint_url=self.url,
            verify=str(self.certificate),
            aws_access_key_id=ROOT_CREDENTIALS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=ROOT_CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
            config=Config(s3={"addressing_style": "path"}),
        )

    def environment(self) -> dict[str, str]:
        """What a process needs to speak to it, whatever it does so with."""
        trust = ("AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE")
        inherited = {name: os.environ[name] for name in INHERITED if name in os.environ}
        return inherited | ROOT_CREDENTIALS | dict.fromkeys(trust, str(self.certificate))


@contextmanager
def emulated_aws(folder: Path) -> Iterator[EmulatedAws]:
    """Starts the server, yields once it answers, and ends it with all its Lambda workers."""
    certificate, key = _certificate(folder)
    listening = socket.create_server(("127.0.0.1", 0))  # ours from now on: no other can take the port
    port = listening.getsockname()[1]
    aws = EmulatedAws(f"https://127.0.0.1:{port}", certificate, folder / "log")
    settings = {
        "BIND_HOST": "127.0.0.1",
        "MINISTACK_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        # The queues refuse plain HTTP and the roles are the real ones: both only count when enforced.
        "USE_SSL": "1",
        "MINISTACK_SSL_CERT": str(certificate),
        "MINISTACK_SSL_KEY": str(key),
        "AUTH": "true",
        "CLOUDTRAIL_RECORDING": "1",
        "CLOUDTRAIL_MAX_EVENTS": "1000000",
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "TMPDIR": str(folder),
    }
    serve = (Path(__file__).parent / "serving.py", str(listening.fileno()), certificate, key)
    with listening, aws.log.open("w") as log:
        server = subprocess.Popen(
            [sys.executable, *serve],
            env=aws.environment() | settings,
            cwd=folder,
            stdout=log,
            stderr=log,
            pass_fds=[listening.fileno()],
            start_new_session=True,
        )
        try:
            _await_answer(aws, server)
            yield aws
        finally:
            with suppress(ProcessLookupError):  # it may have failed to start
                os.killpg(server.pid, signal.SIGKILL)  # asked politely it waits for its workers
            server.wait()


def _await_answer(aws: EmulatedAws, server: subprocess.Popen[bytes]) -> None:
    trusting = create_default_context(cafile=str(aws.certificate))
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with urllib.request.urlopen(f"{aws.url}/_ministack/health", context=trusting, timeout=5):
                return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(f"the emulated AWS did not start:\n{aws.log.read_text()[-3000:]}")


def _certificate(folder: Path) -> tuple[Path, Path]:
    """Paths of a certificate for this machine, good for a day, and of its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    addresses = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(addresses), critical=False)
        .sign(key, hashes.SHA256())
    )
    paths = folder / "certificate.pem", folder / "key.pem"
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    paths[0].write_bytes(certificate.public_bytes(pem))
    paths[1].write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain))
    return paths
