"""Check every row of a stage against the invariants; reads only, prints what is wrong and what to do."""

from __future__ import annotations

import argparse
import sys
import time
from urllib.parse import urlsplit

from chalicelib.domain.invariants import Violation

from .deployment import LOCAL, LOCAL_ENDPOINT, deployment, point_at
from .diagnosis import Diagnosis, diagnosed
from .printing import Progress, shown, summary
from .problems import AWS_ERRORS, CannotRun, explained


def main() -> int:
    """0 when all is well, 1 when something is not, 2 with one line on stderr when it could not look."""
    arguments = _arguments()
    endpoint = arguments.endpoint_url or (LOCAL_ENDPOINT if arguments.stage == LOCAL else None)
    began = time.monotonic()
    try:
        diagnosis = _visit(arguments, endpoint)
    except CannotRun as problem:
        print(f"doctor: {problem}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    print(summary(diagnosis, stage=arguments.stage, seconds=time.monotonic() - began))
    return 1 if diagnosis.violations else 0


def _visit(arguments: argparse.Namespace, endpoint: str | None) -> Diagnosis:
    progress = Progress(sys.stderr)

    def tell(violation: Violation) -> None:
        progress.clear()
        print(shown(violation), flush=True)

    try:
        point_at(endpoint)
        patient = deployment(arguments.stage)
        examination = patient.examination(progress)
        look = patient.second_look(examination, settle_seconds=arguments.settle_seconds)
        return diagnosed(examination, look, limit=arguments.limit, tell=tell)
    except AWS_ERRORS as error:
        raise explained(error, stage=arguments.stage, endpoint=endpoint) from error
    finally:
        progress.clear()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m infra.doctor", description=__doc__)
    add = parser.add_argument
    add("--stage", default=LOCAL, help="whose tables: ains-<stage>-* (%(default)s)")
    add("--endpoint-url", type=_url, help=f"instead of AWS's own; of stage {LOCAL}: {LOCAL_ENDPOINT}")
    add("--limit", type=_positive, default=100, help="stop after so many violations (%(default)s)")
    add(
        "--settle-seconds",
        type=_seconds,
        default=5.0,
        help="between the two looks at what seems wrong (%(default)s)",
    )
    return parser.parse_args()


def _url(text: str) -> str:
    if not text.startswith(("http://", "https://")) or not urlsplit(text).hostname:
        raise argparse.ArgumentTypeError("must be a URL such as http://127.0.0.1:4566")
    return text


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return number


def _seconds(text: str) -> float:
    number = float(text)
    if not 0 <= number <= 3600:
        raise argparse.ArgumentTypeError("must be from 0 to 3600")
    return number


if __name__ == "__main__":
    sys.exit(main())
