"""Points: the places around each commit and each request where a crash would matter most. In production nothing happens
there. Where a proof has named one in the environment (settings reads it), the process says that it is there and stands
still, so that it can be killed from outside at just that place.

    pipeline.send._recorded: before commit    the work is done, the COMMIT is not
    pipeline.send._recorded: after commit     it is on the disk, and nobody was answered
    POST: before request                      the store says that it was tried
    POST: after answer                        the EHR has it, and the store does not know

A commit has the name of the function that asked the store to write. So no new one can be without: `name_of` finds it,
and a test finds all of them in the code.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

Reached = Callable[[str], None]
PACKAGE = "fhir_adapter."


def passed(point: str) -> None:
    """Nothing happens."""


class Halt:
    """Stands still at one point for good, having said so. `POINT#3` waits for the third time."""

    def __init__(self, where: str, announce: Callable[[str], None]) -> None:
        self._point, _, number = where.partition("#")
        self._left = int(number or 1)
        self._announce = announce

    def __call__(self, point: str) -> None:
        if point != self._point:
            return
        self._left -= 1
        if self._left == 0:
            self._announce(f"at {point}")
            threading.Event().wait()


def name_of(work: Callable[..., Any]) -> str:
    """`pipeline.send._recorded` for whatever that function hands to the store: a lambda, a function in it, a method."""
    inner: Any = getattr(work, "func", work)
    return f"{inner.__module__.removeprefix(PACKAGE)}.{inner.__qualname__.partition('.<locals>')[0]}"
