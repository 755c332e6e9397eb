"""Files of the data folder: only its owner may read them (0600), and only one process writes there.

The lock is the operating system's and dies with the process, so a kill leaves nothing to clean up.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import IO

from fhir_adapter.errors import ConfigurationError, StoreLocked

DATABASE = "adapter.sqlite3"
LOCK = "writer.lock"
SOCKET = "control.sock"


def private_file(path: Path) -> Path:
    """Make the file 0600 before anything opens it; SQLite gives the same rights to the files it puts beside it."""
    try:
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        path.chmod(0o600)
    except OSError as error:
        raise ConfigurationError(f"data: {path} cannot be written ({error.strerror})") from None
    return path


def lock(folder: Path) -> IO[bytes]:
    """Become the one writer. The lock is held as long as the returned file is open."""
    held = private_file(folder / LOCK).open("rb")
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        held.close()
        raise StoreLocked(f"another process writes to {folder}; stop it first, or ask it to do this") from None
    return held
