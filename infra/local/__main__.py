"""`python -m infra.local`: the whole service on this machine until it is told to stop."""

from __future__ import annotations

import argparse
import json
import logging
import os
import signal
import sys
import threading
from pathlib import Path

from infra.local.problems import CannotStart


def main() -> int:
    """Run until SIGTERM or SIGINT. 0 after a clean stop, 1 with one line on stderr when it cannot start."""
    arguments = _arguments()
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    stops = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, stops)  # threads inherit it: only sigwait below sees them
    try:
        _serve(arguments, stops)
    except CannotStart as problem:
        print(f"ains: {problem}", file=sys.stderr)
        return 1
    if any(thread is not threading.main_thread() and not thread.daemon for thread in threading.enumerate()):
        sys.stdout.flush()
        os._exit(0)  # a handler outlived its drain time; the journal is closed, nothing waits for it
    return 0


def _serve(arguments: argparse.Namespace, stops: set[signal.Signals]) -> None:
    from infra.local.banner import banner  # noqa: PLC0415 (a wrong engine version must reach `main` as CannotStart)
    from infra.local.service import LocalService, Options  # noqa: PLC0415

    options = Options(
        port=arguments.port,
        aws_port=arguments.aws_port,
        data_dir=None if arguments.ephemeral else arguments.data_dir,
        accept_loss=arguments.accept_loss,
        auth=arguments.auth,
        app=arguments.app,
        template=arguments.template,
        tick_seconds=arguments.tick_seconds,
        metrics_seconds=arguments.metrics_seconds,
    )
    service = LocalService(options).start()
    try:
        shown = banner(
            url=service.url,
            aws_url=service.aws_url,
            data_dir=options.data_dir,
            recovered=service.recovered,
            admin_key=service.new_admin_key,
            auth=options.auth,
        )
        print(shown, flush=True)
        if arguments.ready_file:
            _announce(arguments.ready_file, {"url": service.url, "aws_endpoint_url": service.aws_url})
        signal.sigwait(stops)
        print("stopping", flush=True)
    finally:
        service.stop()


def _announce(file: Path, urls: dict[str, str]) -> None:
    """Write the ready file in one step: whoever waits for it never reads half of it. What stands there and
    is no regular file (a pipe, a device) is written to, never replaced."""
    text = json.dumps({**urls, "pid": os.getpid()})
    if file.exists() and not file.is_file():
        file.write_text(text)
        return
    draft = file.with_name(f"{file.name}.part")
    draft.write_text(text)
    draft.replace(file)


def _arguments() -> argparse.Namespace:
    template = Path(__file__).resolve().parents[1] / "resources.yaml"
    parser = argparse.ArgumentParser(prog="python -m infra.local", description=__doc__)
    add = parser.add_argument
    add("--port", type=int, default=8000, help="of the HTTP API; 0 picks a free one (%(default)s)")
    add("--aws-port", type=int, default=4566, help="of the AWS endpoint; 0 picks a free one (%(default)s)")
    add(
        "--data-dir",
        type=Path,
        default=Path(".local/data"),
        help="where everything is kept: survives kill -9, not power loss (%(default)s)",
    )
    add(
        "--accept-loss",
        action="store_true",
        help="start although acknowledged calls are missing from the data files, and give those up for good",
    )
    add("--ephemeral", action="store_true", help="keep nothing")
    add("--auth", action="store_true", help="require API keys; makes an admin key once and shows it once")
    add("--ready-file", type=Path, help="write the URLs there, as JSON, once it serves")
    add("--app", default="app:app", help="the Chalice app, as module:name (%(default)s)")
    add("--template", type=Path, default=template, help="where tables and queues come from")
    add("--tick-seconds", type=float, help="fire the scheduled handlers this often instead")
    add("--metrics-seconds", type=float, default=20.0, help="publish metrics this often (%(default)s)")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
