"""The environment, read once: nothing else in the deployment looks at it."""

import os
from collections.abc import Mapping
from typing import Self

from chalicelib.domain.quota import PLAIN, Quota
from chalicelib.values import dataclass


class SettingsError(Exception):
    """The environment lacks something, and this says what."""


@dataclass(frozen=True)
class Settings:
    """`open_mode` is for a service that listens on loopback only: everybody is an admin of tenant `local`.

    `is_sole_process`: every request, message and tick comes to this process, as on the local service.
    """

    stage: str = ""
    work_queue_url: str = ""
    open_mode: bool = False
    admin_key_sha256: str | None = None
    is_sole_process: bool = False
    quota: Quota = PLAIN

    def required(self) -> Self:
        """The same; raises SettingsError for what is missing."""
        needed = {"AINS_STAGE": self.stage, "AINS_WORK_QUEUE_URL": self.work_queue_url}
        missing = [name for name, value in needed.items() if not value]
        if missing:
            raise SettingsError(f"set {' and '.join(missing)} in the function's environment")
        return self


def from_environment(environment: Mapping[str, str] = os.environ) -> Settings:
    """What is set. Packaging imports the app with nothing set: `required` is for those who need it."""
    return Settings(
        stage=environment.get("AINS_STAGE", ""),
        work_queue_url=environment.get("AINS_WORK_QUEUE_URL", ""),
        open_mode=environment.get("AINS_OPEN_MODE") == "1",
        admin_key_sha256=environment.get("AINS_ADMIN_KEY_SHA256") or None,
        is_sole_process=environment.get("AINS_SOLE_PROCESS") == "1",
        quota=Quota(
            **_numbers(
                environment,
                schedules="AINS_SCHEDULES_PER_CLIENT",
                slots_per_minute="AINS_SLOTS_PER_MINUTE_PER_CLIENT",
                slots_per_second="AINS_SLOTS_PER_SECOND",
            )
        ),
    )


def _numbers(environment: Mapping[str, str], **names: str) -> dict[str, int]:
    """Those that are set, by field; raises SettingsError for what is not a number from 1 on."""
    given = {field: name for field, name in names.items() if environment.get(name)}
    for name in given.values():
        text = environment[name]
        if not text.isascii() or not text.isdecimal() or int(text) < 1:
            raise SettingsError(f"{name} is {text!r}; it takes a whole number from 1 on")
    return {field: int(environment[name]) for field, name in given.items()}
