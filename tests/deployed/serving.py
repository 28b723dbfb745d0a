"""Serves MiniStack on a socket that its parent bound: python serving.py FD CERTIFICATE KEY."""

import asyncio
import sys

from hypercorn.asyncio import serve
from hypercorn.config import Config
from ministack.app import app

if __name__ == "__main__":
    descriptor, certificate, key = sys.argv[1:]
    config = Config.from_mapping(
        bind=[f"fd://{descriptor}"],
        certfile=certificate,
        keyfile=key,
        keep_alive_timeout=75,
        # It takes a large body that arrives early for header, and answers 431 above 16 KB.
        h11_max_incomplete_size=64 * 1024 * 1024,
    )
    asyncio.run(serve(app, config))
