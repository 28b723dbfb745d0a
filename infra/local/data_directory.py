"""The directory that one service's data is in: its files by name, locked and watched while it runs."""

from __future__ import annotations

import fcntl
import os
import sqlite3
from pathlib import Path
from typing import IO

from infra.local.problems import CannotStart


class DataDirectory:
    """Held by this process until `close`; the kernel lets go when it dies, however it dies.

    Raises CannotStart for a directory that cannot be written or that a running service holds.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.database = path / "ains.sqlite"
        self.log = path / "ains.sqlite-wal"
        self.head = path / "ains.head"
        self._watched: list[tuple[Path, int]] = []
        self._lock = _locked(path)

    def watch(self) -> None:
        """From here on `require_file` sees when a file of an open journal is removed."""
        for file in (self.database, self.log, self.head):
            self._watched.append((file, os.open(file, os.O_RDONLY)))

    def require_file(self, turn: int) -> None:
        """Raises OSError once a file is gone: writing to it still succeeds, but nobody will ever read it.
        Each turn looks at one of the files, for the price of one look: all three are seen in three calls."""
        file, descriptor = self._watched[turn % len(self._watched)]
        if os.fstat(descriptor).st_nlink == 0:
            raise FileNotFoundError(f"{file} was removed while the service ran")

    def close(self) -> None:
        """After SQLite's own close: any close of a database file drops the locks of the whole process."""
        for _, descriptor in self._watched:
            os.close(descriptor)
        self._watched.clear()
        self._lock.close()

    def damaged(self, error: Exception | str) -> CannotStart:
        """What a check, SQLite or the operating system said about the data files, in one line."""
        said = str(error)
        if isinstance(error, OSError):
            return CannotStart(f"cannot use the data directory {self.path} ({said})")
        if "locked" in said:
            return CannotStart(
                f"the data file {self.database} is open in another program: close that one, then start again"
            )
        if isinstance(error, sqlite3.Error) and ("readonly" in said or "unable to open" in said):
            return CannotStart(
                f"cannot write to the data file {self.database} ({said}): choose another with --data-dir"
            )
        reason = said.splitlines()[0] if said else type(error).__name__
        return CannotStart(
            f"the data file {self.database} is damaged ({reason}): restore a copy of {self.path},"
            " or move it away to start empty"
        )


def _locked(path: Path) -> IO[str]:
    try:
        path.mkdir(parents=True, exist_ok=True)
        lock = (path / "ains.lock").open("a+")
    except OSError as error:
        raise CannotStart(
            f"cannot write to the data directory {path} ({error.strerror}): choose another with --data-dir"
        ) from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        lock.seek(0)
        holder = lock.read().strip() or "unknown"
        lock.close()
        raise CannotStart(
            f"the data directory {path} is in use by a running service (pid {holder}):"
            " stop that one, or choose another --data-dir"
        ) from error
    lock.truncate(0)
    lock.write(str(os.getpid()))
    lock.flush()
    return lock
