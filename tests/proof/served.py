"""The local service with a tick a second, until told to end: python -m tests.proof.served READY_FILE."""

import signal
import sys
from pathlib import Path

from infra.local.service import LocalService, Options

if __name__ == "__main__":
    signals = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)  # every thread inherits it: only this one hears them
    service = LocalService(Options(port=0, aws_port=0, tick_seconds=1.0)).start()
    ready = Path(sys.argv[1])
    ready.with_suffix(".part").write_text(service.url)
    ready.with_suffix(".part").replace(ready)
    signal.sigwait(signals)
    service.stop()
