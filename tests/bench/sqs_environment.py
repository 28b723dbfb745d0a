"""Points boto3 of this process at a local service's AWS endpoint, for agents with a queue of their own."""

import os
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def reaching(aws_url: str) -> Iterator[None]:
    """While this lasts, boto3 reaches the local endpoint and nothing else."""
    before = dict(os.environ)
    for name in [name for name in before if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ.update(
        AWS_ENDPOINT_URL=aws_url,
        AWS_ACCESS_KEY_ID="local",
        AWS_SECRET_ACCESS_KEY="local",
        AWS_DEFAULT_REGION="us-east-1",
        AWS_CONFIG_FILE=os.devnull,
        AWS_SHARED_CREDENTIALS_FILE=os.devnull,
        AWS_EC2_METADATA_DISABLED="true",
    )
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
