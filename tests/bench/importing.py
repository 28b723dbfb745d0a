"""A cold start: importing app.py, beside what any function that uses DynamoDB pays."""

import subprocess
import sys
import time

from tests.bench.bench import Bench, Table
from tests.bench.measuring import milliseconds
from tests.e2e.processes import ROOT

PLAIN = (
    "import botocore.session\n"
    "botocore.session.get_session().create_client('dynamodb', region_name='us-east-1',"
    " aws_access_key_id='none', aws_secret_access_key='none')"
)
PROGRAMS = {
    "python alone": "pass",
    "botocore and a DynamoDB client": PLAIN,
    "app.py": "import app",
    "app.py and its first use cases": "import app; app.use_cases()",
}
NO_AWS = {
    "AINS_STAGE": "bench",
    "AINS_WORK_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/000000000000/none",
}


def measured(bench: Bench) -> Table:
    """The least of several fresh processes each, in turns; the processes' own start is taken off."""
    taken: dict[str, list[float]] = {name: [] for name in PROGRAMS}
    bench.say(f"{bench.scale.imports} cold imports of each kind")
    for _ in range(bench.scale.imports):
        for name, program in PROGRAMS.items():
            taken[name].append(_seconds(program))
    bare, plain, *ours = (min(times) for times in taken.values())
    names = list(PROGRAMS)[1:]
    rows = [
        [name, milliseconds(seconds - bare), f"{(seconds - bare) / (plain - bare):.2f}"]
        for name, seconds in zip(names, [plain, *ours], strict=True)
    ]
    return Table("Cold import", ("imported", "least", "ratio"), rows, "The budget is 1.5 for app.py.")


def _seconds(program: str) -> float:
    environment = {
        "PATH": "/usr/bin:/bin",
        "PYTHONPATH": str(ROOT),
        "AWS_DEFAULT_REGION": "us-east-1",
        **NO_AWS,
    }
    keys = {"AWS_ACCESS_KEY_ID": "none", "AWS_SECRET_ACCESS_KEY": "none"}
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, env=environment | keys, check=True)
    return time.perf_counter() - began
