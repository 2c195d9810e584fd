"""What goes wrong, with the runtime's own text."""

from __future__ import annotations

import enum


class Status(enum.IntEnum):
    """effnet_status of effnet.h."""

    OK = 0
    INVALID_ARGUMENT = 1
    OUT_OF_MEMORY = 2
    CANNOT_READ = 3
    INVALID_WEIGHTS = 4
    WRONG_NETWORK = 5
    UNSUPPORTED_CPU = 6
    NO_THREAD = 7


class Error(Exception):
    """A library, weights, head or picture that cannot be used; `status` is None when no call of the runtime failed."""

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status

    def __reduce__(self) -> tuple[type[Error], tuple[str, int | None]]:
        return Error, (str(self), self.status)
