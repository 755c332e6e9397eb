"""The two processes of the demo. They know each other by address only, and never outlive the demo.

A child writes into files of the demo's temporary folder: a pipe that nobody empties would stop it. It ends with the
`with` block, whatever ended that; on Linux the kernel also ends it when the demo is killed.
"""

from __future__ import annotations

import ctypes
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fhir_adapter.demo.speaking import DemoFailed

PATIENCE = 60.0
DIE_WITH_PARENT = 1
"""PR_SET_PDEATHSIG of Linux's prctl(2)."""


class Child:
    """A command of this product that is running."""

    def __init__(self, name: str, process: subprocess.Popen[bytes], said: Path, complained: Path) -> None:
        self.name, self._process, self._said, self._complained = name, process, said, complained

    def lines_until(self, word: str) -> list[str]:
        """What it printed, up to the line that begins with `word`."""
        latest = time.monotonic() + PATIENCE
        while time.monotonic() < latest:
            lines = self._said.read_text("utf-8").splitlines()
            for number, line in enumerate(lines):
                if line.startswith(word):
                    return lines[: number + 1]
            self.must_live()
            time.sleep(0.02)
        raise DemoFailed(f"the {self.name} did not say '{word}' within {PATIENCE:.0f} s")

    def must_live(self) -> None:
        if self._process.poll() is None:
            return
        complaint = [line for line in self._complained.read_text("utf-8").splitlines() if any(map(str.isalnum, line))]
        why = complaint[-1].strip(" │") if complaint else "it said nothing"
        raise DemoFailed(f"the {self.name} has stopped (exit status {self._process.returncode}): {why}")


@contextmanager
def child(name: str, arguments: list[str], folder: Path) -> Iterator[Child]:
    said, complained = folder / f"{name}.out", folder / f"{name}.err"
    command = [sys.executable, "-m", "fhir_adapter", *arguments]
    with said.open("wb") as out, complained.open("wb") as err:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            cwd=folder,
            start_new_session=True,  # Ctrl-C is for the demo, which then ends its children in order
            preexec_fn=_die_with_parent if sys.platform == "linux" else None,
        )
    try:
        yield Child(name, process, said, complained)
    finally:
        _end(process)


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(DIE_WITH_PARENT, signal.SIGTERM)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
