"""What keeps the local cloud from starting, said in one line to whoever typed the command."""


class CannotStart(Exception):
    """The service cannot start; the message is one line and says what to do about it."""


class EngineRefused(Exception):
    """The engine refused a call of our own; `code` is AWS's error code."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
